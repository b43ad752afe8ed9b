/** `warren dlq discard`: dead letters that nobody needs any more. They are counted first, and held until it is said. */
import { closeAmqp } from '../../broker/amqp/connection';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import * as fs from 'node:fs';
import { Intake, withoutContent } from '../../broker/amqp/intake';
import { ExitCode } from '../exitCodes';
import { counted, printable, tallied } from '../humanText';
import type { Operated } from '../operated';
import { createProgress } from '../progress';
import { UserError } from '../userError';
import { approved } from './approval';
import { deadLetterIn, filterOf, type DeadLetter, type Filter } from './filters';
import { amountOf } from './options';
import {
  onQueue,
  windowOf,
  withoutLimit,
  type FoundQueue,
  type QueueNow,
  type QueueOptions,
} from './surroundings';

export interface DiscardOptions extends QueueOptions {
  readonly filter: readonly string[];
  readonly limit?: string;
  readonly save?: string;
  readonly yes?: string;
  readonly despiteLimit?: boolean;
}

const WINDOW = 200;

export async function discard(queue: string, options: DiscardOptions): Promise<number> {
  const filter = filterOf(options.filter);
  const limit = amountOf('--limit', options.limit) ?? Infinity;
  return onQueue(queue, options, (operated, found, stop) =>
    withoutLimit(operated, found, options, () =>
      discardFrom(operated, found, { filter, limit, stop, options }),
    ),
  );
}

interface Discarding {
  readonly filter: Filter;
  readonly limit: number;
  readonly stop: AbortSignal;
  readonly options: DiscardOptions;
}

async function discardFrom(operated: Operated, found: QueueNow, work: Discarding): Promise<number> {
  const { name, vhostName } = found;
  const { stop, options } = work;
  const where = `${printable(name)} in vhost ${printable(vhostName)}`;
  let discarded = 0;
  const saved = options.save === undefined ? undefined : openForSaving(options.save);
  let connection: ChannelModel | undefined;
  try {
    connection = await operated.connect(vhostName, `warren dlq discard ${name}`);
    const intake = await Intake.open(connection, { queue: name, window: windowOf(found, WINDOW) });
    try {
      const { held, causes, others } = await collect(intake, found, work, saved);
      if (others > 0)
        say(`${counted(others, 'message')} of ${where} never died, and stay: warren purge is for those.`);
      if (held.length === 0 || stop.aborted) {
        const text = stop.aborted
          ? 'Stopped by a signal: nothing was discarded'
          : `Nothing to discard in ${where}`;
        process.stdout.write(`${text}.\n`);
        return ExitCode.ok;
      }
      say(`${counted(held.length, 'message')} in ${where}: ${tallied(causes)}`);
      const what = `discard ${counted(held.length, 'message')} of ${printable(name)}`;
      if ((await approved({ amount: held.length, given: options.yes, what, stop })) === undefined) {
        process.stdout.write('Nothing was discarded.\n');
        return ExitCode.findings;
      }
      if (saved !== undefined) fs.fsyncSync(saved);
      // Whoever was asked may have taken long: RabbitMQ doesn't wait for ever.
      if (intake.fault !== undefined)
        throw new UserError(`${intake.fault.message} Nothing was discarded. Run it again`);
      for (const message of held) intake.acknowledge(message);
      discarded = held.length;
    } finally {
      await intake.close();
    }
    process.stdout.write(`Discarded ${counted(discarded, 'message')} of ${where}.\n`);
    return ExitCode.ok;
  } finally {
    if (saved !== undefined) fs.closeSync(saved);
    // Nothing is gone: the file would only be in the way of the next run.
    if (options.save !== undefined && saved !== undefined && discarded === 0)
      fs.rmSync(options.save, { force: true });
    if (connection !== undefined) await closeAmqp(connection);
  }
}

interface Collected {
  /** Without their content: there may be many. */
  readonly held: readonly ConsumeMessage[];
  readonly causes: ReadonlyMap<string, number>;
  /** That never died. */
  readonly others: number;
}

async function collect(
  intake: Intake,
  found: FoundQueue,
  { filter, limit, stop }: Discarding,
  saved: number | undefined,
): Promise<Collected> {
  const held: ConsumeMessage[] = [];
  const causes = new Map<string, number>();
  let others = 0;
  const total = intake.atFirst;
  for (let looked = 0; looked < total && held.length < limit && !stop.aborted; looked++) {
    const message = await intake.next();
    if (message === undefined) break;
    intake.keep(message);
    const dead = deadLetterIn(message, found);
    if (dead.last === undefined) others++;
    else if (filter(message, dead)) {
      if (saved !== undefined) fs.writeSync(saved, lineOf(message, dead));
      held.push(withoutContent(message));
      const cause = `${dead.last.reason.replaceAll('_', '-')} in ${dead.last.queue}`;
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    }
  }
  return { held, causes, others };
}

/** A new file, for its owner alone: messages may be anything. @throws UserError */
function openForSaving(file: string): number {
  try {
    return fs.openSync(file, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      `--save ${file}: ${code === 'EEXIST' ? 'the file is there already, and is not written over' : `can't be written (${code ?? 'unknown'})`}`,
    );
  }
}

function lineOf({ content, properties }: ConsumeMessage, { origin, deaths }: DeadLetter): string {
  return `${JSON.stringify({ origin, deaths, properties, payloadBase64: content.toString('base64') })}\n`;
}

function say(text: string): void {
  createProgress()(text);
}
