/** Reads what `warren status` shows: a dozen requests or so, whatever the number of queues. */
import { consumerCounts } from '../../broker/figures/consumers';
import { connectionCounts, type UserConnections } from '../../broker/figures/connections';
import { readNodeFigures } from '../../broker/figures/nodes';
import { readOverview } from '../../broker/figures/overview';
import { queueFigures, type QueueFigures } from '../../broker/figures/queueFigures';
import { readSnapshot, type Snapshot } from '../../broker/snapshot';
import type { Broker } from '../../broker/api/transport';
import { alignLive } from '../../topology/diff/foreign';
import { diffTopologies } from '../../topology/diff/index';
import { sideOfTopology } from '../../topology/diff/side';
import { frameworkOwner } from '../../topology/frameworkNames';
import type { BrokerObject } from '../../topology/objects';
import { templateMatches } from '../../topology/patterns/template';
import { watchedQueues, type WatchedQueue } from '../../topology/render/monitoring/watchedQueues';
import { deadLetterQueuesOf, delaysOf } from '../../topology/route/deadLetterQueues';
import { routedVhosts, type RoutedVhost } from '../../topology/route/vhost';
import type { Operated } from '../operated';
import { absentUsers } from '../stackBroker';
import type { ConnectionLimit, DriftedObject, LastUp, QueueRole, QueueStatus, StatusFacts } from './facts';
import type { FoundCertificate } from './certificates';
import { leftoversOf } from './leftovers';
import type { RunningFleet } from './running';
import { asInStack, fleetsOf } from './stackFleets';

/** What doesn't come from the broker, and is read once. */
export interface StackFacts {
  readonly lastUp?: LastUp | null;
  readonly certificates?: readonly FoundCertificate[];
  /** How many of each fleet run, by its name; absent where nobody can be asked. */
  readonly running?: () => Promise<ReadonlyMap<string, RunningFleet>>;
}

export async function gather(operated: Operated, stack: StackFacts): Promise<StatusFacts> {
  const { broker, known, target, name } = operated;
  const topology = known === undefined ? undefined : asInStack(known.topology, known.config);
  const expected = expectations(topology === undefined ? [] : watchedQueues(topology, known?.objects ?? []));
  const [overview, nodes, figures, connections, snapshot, running] = await Promise.all([
    readOverview(broker),
    readNodeFigures(broker),
    queueFigures(broker).then((found) => withConsumersNow(broker, found, expected)),
    connectionCounts(broker),
    readSnapshot(broker),
    stack.running?.() ?? new Map<string, RunningFleet>(),
  ]);
  const objects = snapshot.objects();
  const queues = statusOfQueues(figures, expected, routedVhosts(objects, { target, vhosts: [] }));
  const { lastUp, certificates } = stack;
  return {
    name,
    endpoint: broker.endpoint,
    at: new Date(),
    version: overview.version,
    clusterName: overview.clusterName,
    ...{ nodes, queues, connections },
    limits: limitsIn(objects, connections),
    leftovers: leftoversOf(snapshot, {
      ...{ endpoint: broker.endpoint, queues },
      ...(known === undefined ? {} : { stack: known.stack }),
    }),
    fleets: topology === undefined ? [] : fleetsOf(topology, figures, running),
    unwantedUsers: known === undefined ? [] : unwantedUsers(known.config, objects),
    ...(known === undefined ? {} : { stack: known.stack, drift: driftOf(operated, snapshot) }),
    ...(lastUp === undefined ? {} : { lastUp }),
    ...(certificates === undefined ? {} : { certificates }),
  };
}

/**
 * A queue's own figure of its consumers comes after the list of consumers, by which an `up` ends: right after it, and
 * after a restart, that would look like trouble.
 */
async function withConsumersNow(
  broker: Broker,
  figures: readonly QueueFigures[],
  expected: Expectations,
): Promise<readonly QueueFigures[]> {
  const doubtful = new Set(
    figures.filter(
      ({ vhost, name, consumers }) => consumers === 0 && expected(vhost, name)?.consumers === 'always',
    ),
  );
  const counts = new Map<string, ReadonlyMap<string, number> | undefined>();
  for (const vhost of new Set([...doubtful].map((queue) => queue.vhost)))
    counts.set(vhost, await consumerCounts(broker, vhost));
  return figures.map((queue) =>
    doubtful.has(queue) ? { ...queue, consumers: counts.get(queue.vhost)?.get(queue.name) ?? 0 } : queue,
  );
}

function statusOfQueues(
  figures: readonly QueueFigures[],
  expected: Expectations,
  vhosts: ReadonlyMap<string, RoutedVhost>,
): readonly QueueStatus[] {
  const roles = rolesOf(vhosts);
  return figures.map((queue): QueueStatus => {
    const own = expected(queue.vhost, queue.name);
    const maxLength = vhosts.get(queue.vhost)?.settingsOf(queue.name).maxLength;
    const byBroker = roles(queue);
    return {
      ...queue,
      role: own?.role ?? byBroker,
      consumersWanted: own?.consumers ?? 'unknown',
      isPassing: own?.isFamily ?? frameworkOwner(queue.name) !== undefined,
      ...(own?.depth === undefined ? {} : { depthMax: own.depth }),
      ...(maxLength === undefined ? {} : { maxLength }),
    };
  });
}

function keyOf(vhost: string, name: string): string {
  return JSON.stringify([vhost, name]);
}

/** What the topology says of a queue, or of the family that it belongs to. */
type Expectations = (vhost: string, name: string) => WatchedQueue | undefined;

function expectations(watched: readonly WatchedQueue[]): Expectations {
  const byName = new Map(
    watched.filter(({ isFamily }) => !isFamily).map((queue) => [keyOf(queue.vhost, queue.name), queue]),
  );
  const families = watched.filter(({ isFamily }) => isFamily);
  return (vhost, name) =>
    byName.get(keyOf(vhost, name)) ??
    families.find((family) => family.vhost === vhost && templateMatches(family.name, name));
}

/** By where the broker sends dead letters; one that is consumed is worked on, too. */
function rolesOf(vhosts: ReadonlyMap<string, RoutedVhost>): (queue: QueueFigures) => QueueRole {
  const known = new Map(
    [...vhosts].map(([name, vhost]) => [
      name,
      { dead: new Set(deadLetterQueuesOf(vhost)), isDelay: delaysOf(vhost) },
    ]),
  );
  return ({ vhost, name, consumers = 0 }) => {
    const around = known.get(vhost);
    if (around?.isDelay(name) === true) return 'delay';
    return around?.dead.has(name) === true && consumers === 0 ? 'dead-letters' : 'work';
  };
}

function limitsIn(
  objects: readonly BrokerObject[],
  connections: readonly UserConnections[],
): readonly ConnectionLimit[] {
  const used = (key: 'user' | 'vhost', name: string): number =>
    connections.filter((one) => one[key] === name).reduce((sum, one) => sum + one.connections, 0);
  return objects.flatMap((object): ConnectionLimit[] => {
    if (object.kind === 'userLimits' && object.maxConnections !== undefined) {
      const { user: name, maxConnections: max } = object;
      return [{ of: 'user', name, what: 'connections', used: used('user', name), max }];
    }
    if (object.kind !== 'vhostLimits') return [];
    const { vhost: name, maxConnections, maxQueues } = object;
    const queues = objects.filter((one) => one.kind === 'queue' && one.vhost === name).length;
    return [
      ...(maxConnections === undefined
        ? []
        : [
            {
              of: 'vhost',
              name,
              what: 'connections',
              used: used('vhost', name),
              max: maxConnections,
            } as const,
          ]),
      ...(maxQueues === undefined
        ? []
        : [{ of: 'vhost', name, what: 'queues', used: queues, max: maxQueues } as const]),
    ];
  });
}

function unwantedUsers(
  config: Parameters<typeof absentUsers>[0],
  objects: readonly BrokerObject[],
): readonly string[] {
  const there = new Set(objects.flatMap((object) => (object.kind === 'user' ? [object.name] : [])));
  return absentUsers(config).filter((name) => there.has(name));
}

/** What an `up` would put right, as far as the broker's objects tell: passwords aren't compared. */
function driftOf({ known, target }: Operated, snapshot: Snapshot): readonly DriftedObject[] {
  if (known === undefined) return [];
  const { topology, objects } = known;
  const head = sideOfTopology('topology', topology, objects);
  const { families = [] } = head;
  const aligned = alignLive(snapshot.objects(), {
    objects,
    families,
    isExclusive: (queue) => snapshot.isExclusive(queue),
  });
  const { changes } = diffTopologies({ name: 'broker', target, families, ...aligned }, head);
  return changes.map(({ id, change, class: own }) => ({ id, change, class: own }));
}
