/**
 * Real brokers for tests. `withBroker` is the way to use them: it describes the same tests once per RabbitMQ version.
 * Each process of a test run has brokers of its own, so that no two test files meet on one.
 */
import { describe, inject } from 'vitest';
import { waitFor } from '../../tools/processes';
import { callManagement } from './management';

export const BROKER_VERSIONS = ['3.10', '4.0', '4.3'] as const;
export type BrokerVersion = (typeof BROKER_VERSIONS)[number];

/** A broker on 127.0.0.1 with an administrator that belongs to the rig. */
export interface TestBroker {
  readonly version: BrokerVersion;
  readonly amqpPort: number;
  readonly managementPort: number;
  readonly username: string;
  readonly password: string;
}

export interface MissingBroker {
  readonly version: BrokerVersion;
  readonly reason: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** One per version for each process of the test run. */
    brokers: TestBroker[][];
    missingBrokers: MissingBroker[];
  }
}

/** The brokers that this machine could start for this process, oldest version first. */
export function brokers(): readonly TestBroker[] {
  return inject('brokers')[Number(process.env.VITEST_POOL_ID ?? 1) - 1] ?? [];
}

/**
 * Describes `body` once per version: "TITLE on RabbitMQ 4.3". The tests of a version that can't be had here are
 * skipped, with the reason in their names. Inside, call `resetBroker` before each test that needs a virgin broker.
 */
export function withBroker(
  title: string,
  body: (broker: TestBroker) => void,
  versions: readonly BrokerVersion[] = BROKER_VERSIONS,
): void {
  describeVersions(describe, { title, body, versions });
}

/** The same for tests that mostly wait, and don't meet on a broker: all of them, on all versions, at the same time. */
export function withBrokersAtOnce(
  title: string,
  body: (broker: TestBroker) => void,
  versions: readonly BrokerVersion[] = BROKER_VERSIONS,
): void {
  describeVersions(describe.concurrent, { title, body, versions });
}

/** For what takes long, and on which the versions between these two have no word of their own. */
export function withOldestAndNewestBroker(title: string, body: (broker: TestBroker) => void): void {
  withBroker(title, body, ['3.10', '4.3']);
}

interface Described {
  readonly title: string;
  readonly body: (broker: TestBroker) => void;
  readonly versions: readonly BrokerVersion[];
}

function describeVersions(
  describeOne: typeof describe.concurrent,
  { title, body, versions }: Described,
): void {
  for (const version of versions) {
    const broker = brokers().find((candidate) => candidate.version === version);
    if (broker === undefined) describeSkipped(title, version, body);
    else {
      describeOne(`${title} on RabbitMQ ${version}`, () => {
        body(broker);
      });
    }
  }
}

function describeSkipped(title: string, version: BrokerVersion, body: (broker: TestBroker) => void): void {
  const reason =
    inject('missingBrokers').find((missing) => missing.version === version)?.reason ?? 'not started';
  describe.skip(`${title} on RabbitMQ ${version} [skipped: ${reason}]`, () => {
    body({ version, amqpPort: 0, managementPort: 0, username: '', password: '' });
  });
}

/**
 * Makes the broker as good as new: no vhost but an empty `/`, no users but `guest` (administrator, all permissions)
 * and the rig's own. Clients that are connected are cut off.
 */
export async function resetBroker(broker: TestBroker): Promise<void> {
  let failure: unknown;
  // What an earlier test file's clean-up is still deleting is gone at the second look, or a list of it answers again.
  const isClean = await waitFor(async () => {
    try {
      await clear(broker);
      return true;
    } catch (error) {
      failure = error;
      return undefined;
    }
  }, RESET_TIMEOUT_MS);
  if (isClean !== true) throw failure instanceof Error ? failure : new Error(String(failure));
  await callManagement(broker, 'PUT', 'vhosts/%2F', {});
  if (broker.username !== 'guest') {
    await callManagement(broker, 'PUT', 'users/guest', { password: 'guest', tags: 'administrator' });
  }
  await callManagement(broker, 'PUT', 'permissions/%2F/guest', { configure: '.*', write: '.*', read: '.*' });
}

const RESET_TIMEOUT_MS = 60_000;

async function clear(broker: TestBroker): Promise<void> {
  const [vhosts, users, parameters] = await Promise.all([
    callManagement<{ name: string; protected_from_deletion?: boolean }[]>(broker, 'GET', 'vhosts'),
    callManagement<{ name: string }[]>(broker, 'GET', 'users?columns=name'),
    callManagement<{ name: string }[]>(broker, 'GET', 'global-parameters'),
  ]);
  const remove = (kind: string, name: string) =>
    callManagement(broker, 'DELETE', `${kind}/${encodeURIComponent(name)}`);
  const removeVhost = async ({ name, protected_from_deletion: isProtected }: (typeof vhosts)[number]) => {
    if (isProtected === true) {
      await callManagement(broker, 'DELETE', `vhosts/${encodeURIComponent(name)}/deletion/protection`);
    }
    await remove('vhosts', name);
  };
  await Promise.all([
    ...vhosts.map(removeVhost),
    ...users.filter(({ name }) => name !== broker.username).map(({ name }) => remove('users', name)),
    ...parameters
      .filter(({ name }) => !BROKERS_OWN_PARAMETERS.has(name))
      .map(({ name }) => remove('global-parameters', name)),
  ]);
}

/** Lets the rig's user work in a vhost: an administrator may create vhosts and users, but no queue without permissions. */
export async function allowRigUser(broker: TestBroker, vhost: string): Promise<void> {
  const target = `permissions/${encodeURIComponent(vhost)}/${encodeURIComponent(broker.username)}`;
  await callManagement(broker, 'PUT', target, { configure: '.*', write: '.*', read: '.*' });
}

const BROKERS_OWN_PARAMETERS = new Set([
  'cluster_name',
  'cluster_tags',
  'internal_cluster_id',
  'imported_definition_hash_value',
]);
