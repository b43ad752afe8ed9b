/** What is to go for good is approved by its number: whoever says it has seen it. */
import { createInterface } from 'node:readline/promises';
import { thousands } from '../humanText';
import { UserError } from '../userError';
import { amountOf } from './options';

export interface Asked {
  readonly amount: number;
  /** Of `--yes`. */
  readonly given: string | undefined;
  /** `discard 12 messages of failed`, for the question and the refusal. */
  readonly what: string;
  readonly stop: AbortSignal;
}

/** How many may go; undefined where the person at the terminal doesn't say the number. @throws UserError where `--yes` isn't the number, or nobody can be asked */
export async function approved({ amount, given, what, stop }: Asked): Promise<number | undefined> {
  const allowed = amountOf('--yes', given);
  if (allowed !== undefined) {
    if (allowed >= amount) return allowed;
    throw new UserError(
      `--yes ${allowed} was for fewer: to ${what}, say --yes ${amount}. Nothing was changed`,
    );
  }
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError(`to ${what}, say --yes ${amount}: they are gone for good. Nothing was changed`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // At a terminal that is read by the letter, Ctrl-C is one of them.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await asking.question(
      `This is to ${what}: they are gone for good. Type the number (${thousands(amount)}) to go on: `,
      { signal: stop },
    );
    return answer.trim().replaceAll(',', '') === String(amount) ? amount : undefined;
  } catch {
    return undefined;
  } finally {
    asking.close();
  }
}
