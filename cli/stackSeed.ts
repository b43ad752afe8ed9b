import { randomBytes } from 'node:crypto';
import { capturePulumi, mustPulumi } from './pulumi';

const SEED_BYTES = 32;

/** Gives the stack a random seed unless it has one. True when one was made. */
export async function ensureSeed(stack: string): Promise<boolean> {
  const { exitCode, stdout } = await capturePulumi(stack, ['config', 'get', 'seed', '--stack', stack]);
  if (exitCode === 0 && stdout.trim() !== '') return false;
  const seed = randomBytes(SEED_BYTES).toString('base64url');
  await mustPulumi(stack, ['config', 'set', '--secret', 'seed', '--stack', stack], seed);
  return true;
}
