/** What a stack's settings leave open. */
import { expect, it } from 'vitest';
import { loadTopology } from '../../cli/stackBroker';

it.each([[{}], [{ topology: '' }]])('says how to name a topology where there is none: %j', (config) => {
  expect(() => loadTopology('dev', config)).toThrow(
    /^the stack says no topology\. Set it with: pulumi config set topology \S+ --stack dev$/,
  );
});
