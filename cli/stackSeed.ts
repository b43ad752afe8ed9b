import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { CHECKOUT, stackFile } from './checkout';
import { capturePulumi, mustPulumi, type Captured } from './pulumi';
import { pulumiFailure } from './pulumiFailure';
import { QUICKSTART_STACK } from './quickstart/stateFolder';
import { holdsResources, type ExportedStack } from './stackState';
import { UserError } from './userError';

const SEED_BYTES = 32;

/** In plain text: for this process only. Undefined where the stack has none. */
export async function readSeed(stack: string): Promise<string | undefined> {
  return seedIn(await getSeed(stack));
}

function getSeed(stack: string): Promise<Captured> {
  return capturePulumi(stack, seedArguments('get', stack));
}

function seedArguments(verb: 'get' | 'set', stack: string): readonly string[] {
  return ['config', verb, ...(verb === 'set' ? ['--secret'] : []), 'seed', '--stack', stack];
}

function seedIn({ exitCode, stdout }: Captured): string | undefined {
  const seed = stdout.trim();
  return exitCode === 0 && seed !== '' ? seed : undefined;
}

/**
 * Gives the stack a seed (a random one, unless it is given) where it has none. True when it got one.
 * @throws UserError where it has been up with another one, or where what is there can't be read
 */
export async function ensureSeed(stack: string, given?: string): Promise<boolean> {
  const found = await getSeed(stack);
  if (seedIn(found) !== undefined) return false;
  // Of a Pulumi.yaml that doesn't know the key.
  const isMissing = found.exitCode === 0 || found.stderr.includes('not found');
  if (!isMissing) throw pulumiFailure(stack, seedArguments('get', stack), found.stderr || found.stdout);
  const exported = await mustPulumi(stack, ['stack', 'export', '--stack', stack]);
  refuseAnotherSeed(stack, JSON.parse(exported) as ExportedStack);
  const seed = given ?? randomBytes(SEED_BYTES).toString('base64url');
  await mustPulumi(stack, seedArguments('set', stack), seed);
  return true;
}

/** Its logins are on the broker with the passwords of the seed that is gone. @throws UserError */
export function refuseAnotherSeed(stack: string, exported: ExportedStack): void {
  if (!holdsResources(exported)) return;
  const file = path.relative(CHECKOUT, stackFile(stack));
  const wayOut =
    stack === QUICKSTART_STACK
      ? 'Take it away and begin anew: npm run quickstart -- --destroy (on a broker that was there before, keep its administrator first: npx warren output admin --stack quickstart --show-secrets)'
      : `Put the settings back that it was up with, from git (git log -p ${file}) or a backup. Where they are lost: docs/runbooks.md, "Restore"`;
  throw new UserError(
    `${file} has no seed, but stack ${stack} has been up with one: its passwords on the broker follow from it, and a new one would lock the stack out. ${wayOut}`,
  );
}
