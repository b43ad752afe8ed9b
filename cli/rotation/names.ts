/** What users are called on the broker, and whose passwords can't be made anew. */
import { UserError } from '../userError';
import { newestOf, type UserGenerations } from './plan';
import type { RotatedStack } from './stack';

export function brokerNames(user: string, generations: readonly number[]): readonly string[] {
  return generations.map((generation) => `${user}-g${generation}`);
}

/**
 * A new login with the old password would be none.
 * @throws UserError with how to give another one
 */
export function refuseGivenPasswords(
  { config, stack }: Pick<RotatedStack, 'config' | 'stack'>,
  users: readonly UserGenerations[],
): void {
  const given = { ...table(config.passwords), ...table(config.passwordSources) };
  for (const { user, wanted } of users) {
    const [next = ''] = brokerNames(user, [newestOf(wanted)]);
    if (!(user in given) || next in given) continue;
    throw new UserError(
      `the password of ${user} is given, not derived, and its next generation would have the same one. Give that another: pulumi config set --secret --path 'passwords["${next}"]' PASSWORD --stack ${stack}. Or take the given one out, and it is derived from now on`,
    );
  }
}

function table(value: unknown): Readonly<Record<string, unknown>> {
  return (value ?? {}) as Readonly<Record<string, unknown>>;
}
