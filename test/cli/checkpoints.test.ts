import { expect, it } from 'vitest';
import { withoutCheckpoints } from '../../cli/checkpoints';

const SKIPPED = { PULUMI_SKIP_CHECKPOINTS: 'true' };

it.each([
  ['up', '3.259.0', SKIPPED],
  ['destroy', '3.150.0', SKIPPED],
  ['refresh', '3.274.1', SKIPPED],
  ['preview', '3.259.0', {}],
  ['output', '3.259.0', {}],
])('%s with pulumi %s', (command, version, variables) => {
  expect(withoutCheckpoints(command, version, {})).toEqual({ variables });
});

it.each(['3.149.0', '3.274.2', '3.275.0-alpha.1', '4.0.0'])('pulumi %s was not checked: said', (version) => {
  const { variables, notice } = withoutCheckpoints('up', version, {});
  expect(variables).toEqual({});
  expect(notice).toContain(`Pulumi ${version} writes a checkpoint at every step`);
});

it.each(['true', 'false', ''])('the user’s own value "%s" wins', (value) => {
  const own = { PULUMI_SKIP_CHECKPOINTS: value };
  expect(withoutCheckpoints('up', '3.259.0', own)).toEqual({ variables: {} });
  expect(withoutCheckpoints('up', '4.0.0', own)).toEqual({ variables: {} });
});
