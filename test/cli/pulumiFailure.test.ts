/** Pulumi's words, and what is said in their place or beside them. */
import { expect, it } from 'vitest';
import { pulumiFailure } from '../../cli/pulumiFailure';

const told = (said: string): string =>
  pulumiFailure('dev', ['config', '--json', '--show-secrets'], said).message;

it.each([
  [
    'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions\n',
    /^Pulumi doesn't know where to keep state\. .*`pulumi login --local`.* `npx warren setup` says how/,
  ],
  ["error: no stack named 'dev' found\n", /^there is no stack dev .* npx warren init --stack dev$/],
  [
    'error: getting secrets manager: incorrect passphrase',
    /^pulumi config --json failed: getting secrets manager: incorrect passphrase\. .*set PULUMI_CONFIG_PASSPHRASE \(or PULUMI_CONFIG_PASSPHRASE_FILE\).* docs\/runbooks\.md/,
  ],
  ['error: something else\n', /^pulumi config --json failed: something else$/],
])('%s', (said, expected) => {
  expect(told(said)).toMatch(expected);
  expect(pulumiFailure('dev', [], said).exitCode).toBe(2);
});
