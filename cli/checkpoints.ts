/**
 * Pulumi writes the whole state before and after every step: of a minute for 1,000 objects that is the larger part.
 * A stack of broker objects doesn't need it: creating adopts what is there, deleting what is gone is fine, and
 * passwords are derived, so a killed run is simply run again. The state is written once, at the end, also when a
 * resource failed or Ctrl-C was pressed. A stack that holds anything else (containers, say) must keep them.
 */
import { isOlder } from '../tools/engine/index';

const VARIABLE = 'PULUMI_SKIP_CHECKPOINTS';

/**
 * PULUMI_SKIP_CHECKPOINTS does this and nothing else, and needs no PULUMI_EXPERIMENTAL, in these versions, by their
 * source: 3.150.0, 3.200.0, 3.259.0 and 3.274.1 were read.
 */
const FIRST_CHECKED = [3, 150, 0];
const LAST_CHECKED = [3, 274, 1];
const FIRST_UNCHECKED = [3, 274, 2];

/** The lifecycle commands that write state. */
const COMMANDS: ReadonlySet<string> = new Set(['up', 'refresh', 'destroy']);

export interface Checkpoints {
  /** To be added to pulumi's environment. */
  readonly variables: NodeJS.ProcessEnv;
  /** What the user should know about it. */
  readonly notice?: string;
}

/** @param version of `pulumi`, e.g. `3.259.0`; the user's own value of the variable wins */
export function withoutCheckpoints(command: string, version: string, env: NodeJS.ProcessEnv): Checkpoints {
  if (!COMMANDS.has(command) || env[VARIABLE] !== undefined) return { variables: {} };
  if (!isOlder(version, FIRST_CHECKED) && isOlder(version, FIRST_UNCHECKED))
    return { variables: { [VARIABLE]: 'true' } };
  return {
    variables: {},
    notice: `Pulumi ${version} writes a checkpoint at every step, which is slow: what else ${VARIABLE} would do was only checked for ${FIRST_CHECKED.join('.')} to ${LAST_CHECKED.join('.')}. Set ${VARIABLE}=true to have none, or false to see this no more.`,
  };
}
