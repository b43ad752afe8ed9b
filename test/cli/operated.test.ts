import { expect, it } from 'vitest';
import { openOperated } from '../../cli/operated';

it.each([
  [{}, /^say which broker is meant: --stack STACK, or --live URL/],
  [{ stack: 'dev', live: 'http://127.0.0.1:1' }, /^--stack and --live are two ways .* leave one out$/],
])('a broker is named once: %j', async (options, reason) => {
  await expect(openOperated(options)).rejects.toThrow(reason);
});
