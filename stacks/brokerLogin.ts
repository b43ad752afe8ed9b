/**
 * Who the stack is on the broker: the two providers, the stack's own administrator and the end of guest.
 *
 * The administrator's password is derived, so both providers know it before it exists. The `warren` provider also
 * knows what to fall back on (earlier generations, then the bootstrap user): with it the administrator is created,
 * and whatever point an earlier run was killed at, one of them gets in.
 */
import * as pulumi from '@pulumi/pulumi';
import * as warren from '../provider/warren/resources';
import { brokerUsername, derivePassword, deriveSecret } from './credentials';
import { givenPassword } from './givenPasswords';
import type { Settings } from './settings';

export interface Providers {
  /** For every resource of the `rabbitmq` package. */
  readonly rabbitmqProvider: pulumi.ProviderResource;
  readonly warrenProvider: warren.Provider;
}

/** The `rabbitmq` provider depends on the administrator. */
export interface BrokerLogin extends Providers {
  readonly admin: warren.Admin;
}

/** The rabbitmq package's provider with the arguments that its own class can't say. */
class RabbitmqProvider extends pulumi.ProviderResource {
  constructor(name: string, args: pulumi.Inputs, options?: pulumi.ResourceOptions) {
    super('rabbitmq', name, args, options);
  }
}

export function connect(settings: Settings, options: pulumi.ResourceOptions): BrokerLogin {
  const chain = loginChain(settings);
  const warrenProvider = warrenProviderWith('warren', settings, chain, options);
  const admins = chain.own.map(
    (login) =>
      new warren.Admin(encodeURIComponent(login.username), login, { ...options, provider: warrenProvider }),
  );
  const admin = admins[0];
  if (admin === undefined) throw new Error('there is an administrator for each generation');

  const { username, password } = admin;
  const inputs = { ...rabbitmqInputs(settings), username, password };
  const rabbitmqProvider = new RabbitmqProvider('rabbitmq', inputs, { ...options, dependsOn: admins });
  return { rabbitmqProvider, warrenProvider, admin };
}

/** For a cluster that this stack makes itself: asks it before the stack's own administrator is there, and while it changes. */
export function clusterProvider(settings: Settings): warren.Provider {
  return warrenProviderWith('warren-cluster', settings, loginChain(settings), {});
}

/** Makes certificates, and asks nobody: it is there before the broker is. */
export function certificateProvider(settings: Settings): warren.Provider {
  return warrenProviderWith('warren-certificates', settings, loginChain(settings), {});
}

/**
 * Only to read: an administrator is neither made nor needed. Both providers get in as whoever does, also in a refresh
 * or a destroy that comes before the first `up`.
 */
export function connectToAdopt(settings: Settings, options: pulumi.ResourceOptions): Providers {
  const chain = loginChain(settings);
  const fallbackCredentials = pulumi.secret(chain.fallbacks.apply((logins) => JSON.stringify(logins)));
  const inputs = { ...rabbitmqInputs(settings), ...chain.own[0], fallbackCredentials };
  return {
    rabbitmqProvider: new RabbitmqProvider('rabbitmq', inputs, options),
    warrenProvider: warrenProviderWith('warren', settings, chain, options),
  };
}

/** A user's name on the broker, and the secret password. */
export interface Credential {
  readonly username: string;
  readonly password: pulumi.Output<string>;
}

interface LoginChain {
  /** Of the administrator's generations, the newest first. */
  readonly own: readonly [Credential, ...Credential[]];
  readonly fallbacks: pulumi.Output<warren.LoginCredentials[]>;
}

function loginChain(settings: Settings): LoginChain {
  const generations = generationsOf(settings, settings.adminUser);
  const newestFirst = [...generations].sort((a, b) => b - a);
  const [newest, ...earlier] = newestFirst.map((generation) =>
    credentialOf(settings, settings.adminUser, generation),
  );
  if (newest === undefined) throw new Error('generationsOf never returns an empty list');
  const before = Math.min(...generations) - 1;
  // A kill while the previous generation is removed may leave just that one working.
  const removed = before >= 1 ? [credentialOf(settings, settings.adminUser, before)] : [];
  const rescue = settings.rescue === undefined ? [] : [settings.rescue];
  const fallbacks = pulumi.all([...earlier, ...removed, settings.bootstrap, ...rescue]);
  return { own: [newest, ...earlier], fallbacks };
}

function warrenProviderWith(
  name: string,
  settings: Settings,
  { own: [current], fallbacks }: LoginChain,
  options: pulumi.ResourceOptions,
): warren.Provider {
  return new warren.Provider(
    name,
    {
      ...settings.connection,
      ...current,
      fallbackCredentials: fallbacks,
      approve: settings.approve,
      requireBroker: !pulumi.runtime.isDryRun(),
    },
    options,
  );
}

function rabbitmqInputs({ connection, approve }: Settings): pulumi.Inputs {
  return {
    ...warren.connectionInputs(connection),
    // Only where there are any: the bridged provider refuses what it doesn't know.
    ...(approve.length === 0 ? {} : { approve: JSON.stringify(approve) }),
  };
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
export function credentialOf(settings: Settings, user: string, generation: number): Credential {
  return {
    username: brokerUsername(user, generation),
    password: passwordOf(settings, user, generation),
  };
}

/** In the newest generation. */
export function newestCredential(settings: Settings, user: string): Credential {
  return credentialOf(settings, user, Math.max(...generationsOf(settings, user)));
}

export function generationsOf(settings: Settings, user: string): readonly number[] {
  return new Map(Object.entries(settings.generations)).get(user) ?? [1];
}

/** Secret. The given password of the user if the stack gives one, else the derived one. */
export function passwordOf(settings: Settings, user: string, generation: number): pulumi.Output<string> {
  const { project, stack } = settings;
  return pulumi
    .all([settings.seed, settings.passwords])
    .apply(
      ([seed, given]) =>
        givenPassword(given, user, brokerUsername(user, generation)) ??
        derivePassword(seed, { project, stack, user, generation }),
    );
}

/** Secret, another one for each purpose; the same for as long as the stack's seed is. */
export function derivedSecret({ seed, project, stack }: Settings, purpose: string): pulumi.Output<string> {
  return seed.apply((text) => deriveSecret(text, { project, stack }, purpose));
}
