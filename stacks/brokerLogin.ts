/**
 * Who the stack is on the broker: the two providers, the stack's own administrator and the end of guest.
 *
 * The administrator's password is derived, so both providers know it before it exists. The `warren` provider also
 * knows what to fall back on (earlier generations, then the bootstrap user): with it the administrator is created,
 * and whatever point an earlier run was killed at, one of them gets in.
 */
import * as pulumi from '@pulumi/pulumi';
import * as warren from '../provider/warren/resources';
import { brokerUsername, derivePassword } from './credentials';
import type { Settings } from './settings';

export interface BrokerLogin {
  /** For every resource of the `rabbitmq` package. Depends on the administrator. */
  readonly rabbitmqProvider: pulumi.ProviderResource;
  readonly warrenProvider: warren.Provider;
  readonly admin: warren.Admin;
}

/** The rabbitmq package's provider with the arguments that its own class can't say. */
class RabbitmqProvider extends pulumi.ProviderResource {
  constructor(name: string, args: pulumi.Inputs, options?: pulumi.ResourceOptions) {
    super('rabbitmq', name, args, options);
  }
}

export function connect(settings: Settings, options: pulumi.ResourceOptions): BrokerLogin {
  const generations = generationsOf(settings, settings.adminUser);
  const newestFirst = [...generations].sort((a, b) => b - a);
  const credentials = newestFirst.map((generation) => credentialOf(settings, settings.adminUser, generation));
  const [current, ...earlier] = credentials;
  if (current === undefined) throw new Error('generationsOf never returns an empty list');

  const bootstrap = settings.bootstrap;
  const before = Math.min(...generations) - 1;
  // A kill while the previous generation is removed may leave just that one working.
  const removed = before >= 1 ? [credentialOf(settings, settings.adminUser, before)] : [];
  const warrenProvider = new warren.Provider(
    'warren',
    {
      ...settings.connection,
      ...current,
      fallbackCredentials: pulumi.all([...earlier, ...removed, bootstrap]),
      approve: settings.approve,
      requireBroker: !pulumi.runtime.isDryRun(),
    },
    options,
  );
  const admins = credentials.map(
    (login) =>
      new warren.Admin(encodeURIComponent(login.username), login, { ...options, provider: warrenProvider }),
  );
  const admin = admins[0];
  if (admin === undefined) throw new Error('there is an administrator for each generation');

  const rabbitmqProvider = new RabbitmqProvider(
    'rabbitmq',
    {
      ...warren.connectionInputs(settings.connection),
      username: admin.username,
      password: admin.password,
      // Only where there are any: the bridged provider refuses what it doesn't know.
      ...(settings.approve.length === 0 ? {} : { approve: JSON.stringify(settings.approve) }),
    },
    { ...options, dependsOn: admins },
  );
  return { rabbitmqProvider, warrenProvider, admin };
}

/** Deletes guest (and what else must not exist) once the administrator and the users of the topology are there. */
export function removeUnwantedUsers(
  settings: Settings,
  login: BrokerLogin,
  users: readonly pulumi.Resource[],
  options: pulumi.ResourceOptions,
): void {
  for (const username of settings.absentUsers) {
    new warren.AbsentUser(
      encodeURIComponent(username),
      { username },
      { ...options, provider: login.warrenProvider, dependsOn: [login.admin, ...users] },
    );
  }
}

/** A user's name on the broker and its secret password, in one generation. */
export function credentialOf(
  settings: Settings,
  user: string,
  generation: number,
): { readonly username: string; readonly password: pulumi.Output<string> } {
  return {
    username: brokerUsername(user, generation),
    password: passwordOf(settings, user, generation),
  };
}

export function generationsOf(settings: Settings, user: string): readonly number[] {
  return settings.generations[user] ?? [1];
}

/** Secret. The given password of the user if the stack gives one, else the derived one. */
export function passwordOf(settings: Settings, user: string, generation: number): pulumi.Output<string> {
  const { project, stack } = settings;
  return pulumi
    .all([settings.seed, settings.passwords])
    .apply(([seed, given]) => given[user] ?? derivePassword(seed, { project, stack, user, generation }));
}
