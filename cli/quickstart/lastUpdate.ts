import { mustPulumi } from '../pulumi';
import * as stackBroker from '../stackBroker';
import { QUICKSTART_STACK } from './stateFolder';

/** How many resources the stack's last `up` created, changed or deleted. */
export async function countLastChanges(): Promise<number> {
  const json = await mustPulumi(QUICKSTART_STACK, [
    ...['stack', 'history', '--stack', QUICKSTART_STACK],
    ...['--json', '--page-size', '1', '--show-secrets=false'],
  ]);
  const [last] = JSON.parse(json) as { resourceChanges?: Record<string, number> }[];
  return Object.entries(last?.resourceChanges ?? {})
    .filter(([operation]) => operation !== 'same')
    .reduce((sum, [, count]) => sum + count, 0);
}

export interface StackOutputs extends stackBroker.StackOutputs {
  readonly users: Readonly<Record<string, { username: string; password: string; vhosts: string[] }>>;
}

/** With the passwords; undefined while the stack has never been up. */
export async function readOutputs(): Promise<StackOutputs | undefined> {
  const outputs: Partial<StackOutputs> = await stackBroker.readOutputs(QUICKSTART_STACK);
  return outputs.admin === undefined ? undefined : (outputs as StackOutputs);
}
