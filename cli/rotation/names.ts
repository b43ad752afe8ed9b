/** Whose passwords can't be made anew. */
import { brokerNames } from '../stackBroker';
import { UserError } from '../userError';
import { newestOf, type UserGenerations } from './plan';
import type { RotatedStack } from './stack';

/**
 * A new login with the old password would be none.
 * @throws UserError with how to give another one
 */
export function refuseGivenPasswords(
  { config, stack }: Pick<RotatedStack, 'config' | 'stack'>,
  users: readonly UserGenerations[],
): void {
  const given = new Set([...keysOf(config.passwords), ...keysOf(config.passwordSources)]);
  for (const { user, wanted } of users) {
    const [next = ''] = brokerNames(user, [newestOf(wanted)]);
    if (!given.has(user) || given.has(next)) continue;
    throw new UserError(
      `the password of ${user} is given, not derived, and its next generation would have the same one. Give that another (it is asked for): pulumi config set --secret --path 'passwords["${next}"]' --stack ${stack}. Or take the given one out, and it is derived from now on`,
    );
  }
}

/** Pulumi takes an encrypted table also as one JSON text. */
function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'string') return Object.keys(value ?? {});
  try {
    return Object.keys(Object(JSON.parse(value)) as object);
  } catch {
    return [];
  }
}
