import { runPulumi } from '../pulumi';

export const LIFECYCLE_COMMANDS: Readonly<Record<string, string>> = {
  preview: 'show what `up` would change',
  up: 'bring the broker to what the topology says',
  refresh: 'compare the state with the broker',
  destroy: 'take everything away that the stack made',
  output: 'show the stack’s outputs (--show-secrets for passwords)',
};

/** `pulumi` with the environment that it needs here. Plain `pulumi` does the same. */
export function lifecycle(command: string, stack: string, further: readonly string[]): Promise<number> {
  const words = command === 'output' ? ['stack', 'output'] : [command];
  return runPulumi(stack, [...words, '--stack', stack, ...further]);
}
