import { isBrokerError } from '../../broker/api/errors';
import { withoutCheckpoints } from '../checkpoints';
import { createProgress } from '../progress';
import { mustPulumi, pulumiVariables, pulumiVersion, runPulumi, runPulumiQuietly } from '../pulumi';
import { platformsOf } from '../stackPlatforms';
import { obtainPlugin } from '../../tools/offlinePlugins';
import { UserError } from '../userError';
import { listUnmanaged } from './unmanaged';

export const LIFECYCLE_COMMANDS: Readonly<Record<string, string>> = {
  preview: 'show what `up` would change',
  up: 'bring the broker to what the topology says',
  refresh: 'compare the state with the broker',
  destroy: 'take everything away that the stack made',
  output: 'show the stack’s outputs (--show-secrets for passwords)',
};

export interface LifecycleOptions {
  readonly stack: string;
  /** Write the state at every step, as plain `pulumi` does. */
  readonly checkpoints?: boolean;
}

/** Pulumi's exit codes where it doesn't know who logs in, or the stack; an older Pulumi ends with 255 for everything. */
const MAYBE_NO_STACK = [3, 6, 255];

/**
 * `pulumi` with the environment that it needs here. Plain `pulumi` does the same, with checkpoints; a refresh also
 * says here what the topology doesn't know.
 */
export async function lifecycle(
  command: string,
  options: LifecycleOptions,
  further: readonly string[],
): Promise<number> {
  const exitCode = await run(command, options, further);
  // Asked only after a failure: that takes Pulumi another start.
  if (MAYBE_NO_STACK.includes(exitCode)) await mustPulumi(options.stack, ['stack', '--stack', options.stack]);
  if (command === 'refresh' && exitCode === 0) await showUnmanaged(options.stack, further);
  return exitCode;
}

/** The refresh has worked already: that this doesn't is no failure. Beside Pulumi's JSON it stands on stderr. */
async function showUnmanaged(stack: string, further: readonly string[]): Promise<void> {
  const output = further.includes('--json') ? process.stderr : process.stdout;
  try {
    output.write(await listUnmanaged(stack, further));
  } catch (error) {
    if (!(error instanceof UserError) && !isBrokerError(error)) throw error;
    process.stderr.write(`  unmanaged objects are not listed: ${error.message}\n`);
  }
}

/** Whether an `up` would change anything. @throws UserError with Pulumi's words where it can't say */
export async function hasChanges(stack: string, further: readonly string[]): Promise<boolean> {
  await preparePlugins(stack, further);
  const args = ['preview', '--expect-no-changes', '--non-interactive', '--stack', stack, ...further];
  const { exitCode, stdout, stderr } = await runPulumiQuietly(stack, args, {});
  if (exitCode === 0) return false;
  if ((stdout + stderr).includes('no changes were expected')) return true;
  throw new UserError(`pulumi preview failed:\n${stdout}${stderr}`);
}

/** Says whether the stack has anything on Docker or Kubernetes; then the plugin is there. */
async function preparePlugins(stack: string, further: readonly string[]): Promise<boolean> {
  const platforms = platformsOf(stack, further);
  for (const platform of platforms) {
    await obtainPlugin(platform, { ...process.env, ...(await pulumiVariables(stack)) }, createProgress());
  }
  return platforms.length > 0;
}

async function run(command: string, options: LifecycleOptions, further: readonly string[]): Promise<number> {
  const words = command === 'output' ? ['stack', 'output'] : [command];
  const args = [...words, '--stack', options.stack, ...further];
  // Without its state, nobody would know of a container that a killed run has started.
  const isOnPlatform = await preparePlugins(options.stack, further);
  if (options.checkpoints === true || isOnPlatform) return runPulumi(options.stack, args);
  const { variables, notice } = withoutCheckpoints(command, await pulumiVersion(), process.env);
  if (notice !== undefined) process.stderr.write(`  ${notice}\n`);
  return runPulumi(options.stack, args, variables);
}
