/**
 * What the quickstart writes into its stack's file (stacks/Pulumi.quickstart.yaml) and takes out again: addresses of
 * the broker, the encrypted seed, Pulumi's salt. Comments and everything else in the file stay as they are.
 */
import * as fs from 'node:fs';
import { parseDocument } from 'yaml';
import { stackFile } from '../checkout';
import type { Login } from '../firstLogin';
import { capturePulumi, mustPulumi } from '../pulumi';
import { ensureSeed } from '../stackSeed';
import { QUICKSTART_STACK } from './stateFolder';

export interface QuickstartSettings {
  /** Relative to the checkout. */
  readonly topology: string;
  /** RabbitMQ series of the broker, e.g. `3.10`. */
  readonly target: string;
  readonly endpoint: string;
  readonly amqp: string;
}

const MACHINE_KEYS = ['seed', 'endpoint', 'amqp', 'target', 'bootstrapUsername', 'bootstrapPassword'];

/** Makes or selects the stack and writes what differs; a new one gets this seed or a random one. Returns whether it is new. */
export async function ensureQuickstartStack(
  settings: QuickstartSettings,
  seed: string | undefined,
): Promise<boolean> {
  const isNew = !(await stackExists());
  if (isNew) {
    // A file left from another state (or committed by accident) holds secrets that this passphrase can't open.
    forgetMachine();
    await mustPulumi(QUICKSTART_STACK, ['stack', 'init', QUICKSTART_STACK]);
  } else {
    await mustPulumi(QUICKSTART_STACK, ['stack', 'select', QUICKSTART_STACK]);
  }
  const current = readConfig();
  const changed = Object.entries(settings).filter(([key, value]) => current[`warren:${key}`] !== value);
  if (changed.length > 0) {
    const pairs = changed.flatMap(([key, value]) => ['--plaintext', `${key}=${String(value)}`]);
    await mustPulumi(QUICKSTART_STACK, ['config', 'set-all', '--stack', QUICKSTART_STACK, ...pairs]);
  }
  await ensureSeed(QUICKSTART_STACK, seed);
  return isNew;
}

/** The bootstrap administrator of a broker that is there already; the password goes in encrypted. */
export async function setBootstrapLogin({ username, password }: Login): Promise<void> {
  const stack = ['--stack', QUICKSTART_STACK];
  await mustPulumi(QUICKSTART_STACK, ['config', 'set', 'bootstrapUsername', username, ...stack]);
  await mustPulumi(QUICKSTART_STACK, ['config', 'set', '--secret', 'bootstrapPassword', ...stack], password);
}

export async function stackExists(): Promise<boolean> {
  const { exitCode } = await capturePulumi(QUICKSTART_STACK, ['stack', '--stack', QUICKSTART_STACK]);
  return exitCode === 0;
}

/** The stack without resources goes; its file stays, as it is in the repository. */
export async function removeQuickstartStack(): Promise<void> {
  await mustPulumi(QUICKSTART_STACK, ['stack', 'rm', QUICKSTART_STACK, '--yes', '--preserve-config']);
  forgetMachine();
}

function readConfig(): Record<string, unknown> {
  const document = parseDocument(fs.readFileSync(stackFile(QUICKSTART_STACK), 'utf8'));
  return (document.toJS() as { config?: Record<string, unknown> }).config ?? {};
}

function forgetMachine(): void {
  const file = stackFile(QUICKSTART_STACK);
  const document = parseDocument(fs.readFileSync(file, 'utf8'));
  document.delete('encryptionsalt');
  for (const key of MACHINE_KEYS) document.deleteIn(['config', `warren:${key}`]);
  document.setIn(['config', 'warren:topology'], 'topology/examples/celery-django.yaml');
  fs.writeFileSync(file, document.toString({ lineWidth: 0 }));
}
