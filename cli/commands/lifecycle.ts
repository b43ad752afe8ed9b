import { withoutCheckpoints } from '../checkpoints';
import { pulumiVersion, runPulumi } from '../pulumi';

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

/** `pulumi` with the environment that it needs here. Plain `pulumi` does the same, with checkpoints. */
export async function lifecycle(
  command: string,
  options: LifecycleOptions,
  further: readonly string[],
): Promise<number> {
  const words = command === 'output' ? ['stack', 'output'] : [command];
  const args = [...words, '--stack', options.stack, ...further];
  if (options.checkpoints === true) return runPulumi(options.stack, args);
  const { variables, notice } = withoutCheckpoints(command, await pulumiVersion(), process.env);
  if (notice !== undefined) process.stderr.write(`  ${notice}\n`);
  return runPulumi(options.stack, args, variables);
}
