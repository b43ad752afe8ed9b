import * as pulumi from '@pulumi/pulumi';

/**
 * The error for everything that a user can mend: Pulumi prints its message alone. Without a stack: Pulumi's program
 * runner formats every error in colour, which takes Node 20 some 15 s for a stack with `node_modules/@pulumi` in it.
 */
export function refusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = message;
  return error;
}

/** What the work can't do, it says in one sentence. */
export function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refusal(error instanceof Error ? error.message : String(error));
  }
}
