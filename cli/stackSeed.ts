import { randomBytes } from 'node:crypto';
import { capturePulumi, mustPulumi } from './pulumi';

const SEED_BYTES = 32;

/** In plain text: for this process only. Undefined where the stack has none. */
export async function readSeed(stack: string): Promise<string | undefined> {
  const { exitCode, stdout } = await capturePulumi(stack, ['config', 'get', 'seed', '--stack', stack]);
  const seed = stdout.trim();
  return exitCode === 0 && seed !== '' ? seed : undefined;
}

/** Gives the stack a seed (a random one, unless it is given) where it has none. True when it got one. */
export async function ensureSeed(stack: string, given?: string): Promise<boolean> {
  if ((await readSeed(stack)) !== undefined) return false;
  const seed = given ?? randomBytes(SEED_BYTES).toString('base64url');
  await mustPulumi(stack, ['config', 'set', '--secret', 'seed', '--stack', stack], seed);
  return true;
}
