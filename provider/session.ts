/** Logging in: once per process, with the first credentials that the broker accepts. */
import type { Snapshot } from '../broker/snapshot';
import type { Broker } from '../broker/api/transport';
import type { Credentials, ProviderConfig } from './providerConfig';
import type { Session } from './resourceType';
import { openCluster } from '../broker/api/cluster';
import { parseEndpoint, type BrokerSettings } from '../broker/api/endpoint';
import { BrokerError, isBrokerError } from '../broker/api/errors';
import { whoAmI } from '../broker/figures/overview';
import { readOnly } from '../broker/api/readOnly';
import { readSnapshot } from '../broker/snapshot';
import { openBroker } from '../broker/api/transport';
import { openPortForward } from '../kubernetesApi/portForward';
import type { Outage } from './outage';
import { openOutage, tellingOnce } from './outage';

export interface OpenSession extends Session {
  /** Ends what is running and refuses what comes later. */
  cancel(): void;
}

/** To the broker, as somebody. */
type Way = (username: string, password: string, isPatient?: boolean) => Broker;

/** Prepares a session; nothing is sent before the first `broker()`. `onWait` hears of what takes long. */
export function openSession(config: ProviderConfig, onWait: (notice: string) => void): OpenSession {
  const { portForward } = config;
  const settings =
    portForward === undefined
      ? config.settings
      : { ...config.settings, detour: openPortForward(portForward) };
  const opened: Broker[] = [];
  let isCancelled = false;
  let login: Promise<Broker> | undefined;
  let glance: Promise<Broker> | undefined;
  let snapshot: Promise<Snapshot> | undefined;
  // Told apart: whoever has to do something on the broker says why it can't, also where a comparison said so before.
  const [outage, snapshotOutage] = [openOutage(), openOutage()];
  const kept = (opening: Broker): Broker => {
    const broker = config.isReadOnly ? readOnly(opening) : opening;
    if (isCancelled) broker.cancel();
    opened.push(broker);
    return broker;
  };
  const wayOf = (way: BrokerSettings): Way => openWay(way, onWait, kept);
  const newest = wayOf(settings);
  const others = config.former === undefined ? [] : [wayOf(config.former)];
  const chain = [{ username: settings.username, password: settings.password }, ...config.fallbackCredentials];
  const begin = (): Promise<Broker> => logInBy([newest, ...others], chain);
  const loggedIn = (): Promise<Broker> => (login ??= begin());
  const told = async <T>(by: Outage, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw by.told(error, 'forbidden');
    }
  };
  const openSnapshot = async (): Promise<Snapshot> => {
    try {
      return await readSnapshot(await loggedIn());
    } catch (error) {
      // Whoever has to do something on the broker tries, and fails, by itself.
      login = undefined;
      throw error;
    }
  };
  return {
    endpoint: parseEndpoint(settings.endpoint).display,
    username: settings.username,
    approvals: config.approvals,
    requireBroker: config.requireBroker,
    brokerAs: (username, password) => newest(username, password),
    glance: async () => {
      if (login !== undefined) return login;
      if (config.isOwnCluster || portForward !== undefined) return undefined;
      glance ??= logIn((username, password) => newest(username, password, false), chain);
      return glance;
    },
    logIn: (isAnew = false) => {
      login = login === undefined || isAnew ? begin() : login.catch(begin);
      return login;
    },
    broker: () => told(outage, async () => tellingOnce(await loggedIn(), outage)),
    snapshot: () => told(snapshotOutage, () => (snapshot ??= openSnapshot())),
    continueAs: (broker) => {
      login = Promise.resolve(broker);
    },
    cancel: () => {
      isCancelled = true;
      for (const broker of opened) broker.cancel();
    },
  };
}

function openWay(
  settings: BrokerSettings,
  onWait: (notice: string) => void,
  kept: (broker: Broker) => Broker,
): Way {
  const shared = { cluster: openCluster(settings), onWait };
  return (username, password, isPatient = true) => {
    const limits = isPatient ? {} : { retryBudgetMs: 0 };
    return kept(openBroker({ ...settings, ...limits, username, password }, shared));
  };
}

/** Another way is for a broker that isn't there yet by the newest one; what is wrong with that is what is told. */
async function logInBy(
  [newest, ...others]: readonly [Way, ...Way[]],
  chain: readonly Credentials[],
): Promise<Broker> {
  try {
    return await logIn(newest, chain);
  } catch (error) {
    if (!isBrokerError(error, 'unreachable', 'timeout', 'notRabbitMQ')) throw error;
    for (const other of others) {
      const broker = await logIn(other, chain).catch(() => undefined);
      if (broker !== undefined) return broker;
    }
    throw error;
  }
}

/** As the first administrator of the chain that gets in; else as the first who gets in at all. */
async function logIn(brokerAs: Way, chain: readonly Credentials[]): Promise<Broker> {
  let firstFailure: BrokerError | undefined;
  let withoutTag: Broker | undefined;
  const untagged: string[] = [];
  for (const { username, password } of chain) {
    const broker = brokerAs(username, password);
    try {
      const { tags } = await whoAmI(broker);
      if (tags.includes('administrator')) return broker;
      withoutTag ??= broker;
    } catch (error) {
      if (!isBrokerError(error, 'unauthorized', 'forbidden')) throw error;
      // The password is right: the broker lets nobody without a tag into its management API.
      if (error.kind === 'forbidden') untagged.push(username);
      firstFailure ??= error;
    }
  }
  if (withoutTag !== undefined) return withoutTag;
  throw chain.length === 1 && firstFailure !== undefined
    ? firstFailure
    : allFailed(chain, firstFailure, untagged);
}

function allFailed(
  chain: readonly Credentials[],
  first: BrokerError | undefined,
  untagged: readonly string[],
): Error {
  const names = [...new Set(chain.map(({ username }) => `"${username}"`))].join(', ');
  const [tagless] = untagged;
  if (tagless !== undefined) {
    return new BrokerError({
      kind: 'unauthorized',
      message:
        `None of the users ${names} can be used. The password of "${tagless}" is right, but the user has no tag that lets it into the management API: ` +
        `give it the tag administrator (rabbitmqctl set_user_tags ${tagless} administrator), and run it again.`,
    });
  }
  return new BrokerError({
    kind: 'unauthorized',
    message:
      `None of the users ${names} can log in with the passwords that this stack has for them. ${first?.message ?? ''} ` +
      "If the stack's seed was changed, put the old one back. " +
      'If the password was changed elsewhere, set bootstrapUsername and bootstrapPassword of the stack to an administrator that works (rabbitmqctl add_user and set_user_tags make one on a node), and run `pulumi up`.',
  });
}
