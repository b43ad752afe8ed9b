/** What is to be expected of each queue: its depth, its consumers, and whether messages in it mean that something failed. */
import type { Alerts, Topology, Vhost, Worker } from '../../model';
import type { BrokerObject, QueueType } from '../../objects';
import { deadLetterTargets } from '../../route/deadLetterQueues';
import type { QueueSettings } from '../../route/queueSettings';
import { routedVhosts, type RoutedVhost } from '../../route/vhost';

export interface WatchedQueue {
  readonly vhost: string;
  /** Of a family: its template. */
  readonly name: string;
  readonly isFamily: boolean;
  readonly type: QueueType;
  /** `dead-letters`: only what failed elsewhere comes here. `delay`: messages wait here on purpose. */
  readonly role: 'work' | 'dead-letters' | 'delay';
  /** `when-needed`: its workers may all stand still. `unknown`: the topology has no workers for it. */
  readonly consumers: 'always' | 'when-needed' | 'unknown';
  /** The topology's own threshold. */
  readonly depth?: number;
  readonly ageMs?: number;
  /** Of what waits, by its policies and arguments. */
  readonly maxLength?: number;
  /** Of its workers. */
  readonly longestTaskMs?: number;
  /** How many nodes should have a copy of a quorum queue, where the topology says how many nodes there are. */
  readonly copies?: number;
}

/** RabbitMQ's own: a new quorum queue gets so many members, or as many as there are nodes. */
const QUORUM_MEMBERS = 3;

export function watchedQueues(topology: Topology, objects: readonly BrokerObject[]): WatchedQueue[] {
  const routed = routedVhosts(objects, topology);
  return topology.vhosts.flatMap((vhost) => {
    const known = routed.get(vhost.name);
    return known === undefined ? [] : watchedOf(vhost, known, topology);
  });
}

function watchedOf(vhost: Vhost, routed: RoutedVhost, topology: Topology): WatchedQueue[] {
  const stages = new Set(vhost.queues.flatMap((queue) => queue.stages ?? []));
  const delays = new Set(
    vhost.queues
      .filter(({ isGenerated, type, name }) => isGenerated === true && type !== 'stream' && !stages.has(name))
      .map(({ name }) => name),
  );
  // A delay queue's messages die on purpose.
  const failed = deadLetterTargets(
    routed,
    [...routed.table.queues].filter((name) => !delays.has(name)),
  );
  const queues = vhost.queues.map((queue): WatchedQueue => {
    const settings = routed.settingsOf(queue.name);
    const fleets = fleetsOf(queue.name, vhost, topology);
    return {
      ...common(queue, settings, fleets),
      vhost: vhost.name,
      name: queue.name,
      isFamily: false,
      role: delays.has(queue.name)
        ? 'delay'
        : failed.has(queue.name) && fleets.length === 0
          ? 'dead-letters'
          : 'work',
      ...copiesOf(settings.type, queue.initialClusterSize, topology),
    };
  });
  const families = vhost.families.map((family): WatchedQueue => {
    const { template: name } = family;
    // Any of its names has its settings.
    const settings = routed.settingsOf(name.replace(/\{[^}]*\}/g, 'x'));
    const fleets = fleetsOf(name, vhost, topology);
    return {
      ...common(family, settings, fleets),
      vhost: vhost.name,
      name,
      isFamily: true,
      role: 'work',
      ...copiesOf(settings.type, undefined, topology),
    };
  });
  return [...queues, ...families];
}

function common(
  { alerts }: { readonly alerts?: Alerts },
  { type, maxLength }: QueueSettings,
  fleets: readonly Worker[],
): Pick<WatchedQueue, 'type' | 'consumers' | 'depth' | 'ageMs' | 'maxLength' | 'longestTaskMs'> {
  const longest = fleets.flatMap(({ longestTaskMs }) => longestTaskMs ?? []);
  return {
    type,
    consumers:
      fleets.length === 0 ? 'unknown' : fleets.some((fleet) => leastOf(fleet) > 0) ? 'always' : 'when-needed',
    ...(alerts?.depth === undefined ? {} : { depth: alerts.depth }),
    ...(alerts?.ageMs === undefined ? {} : { ageMs: alerts.ageMs }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(longest.length === 0 ? {} : { longestTaskMs: Math.max(...longest) }),
  };
}

function leastOf({ autoscale, replicas = 1 }: Worker): number {
  return autoscale === undefined ? replicas : autoscale.min;
}

/** Those of a queue with a retry by stages consume from its stages, too. */
function fleetsOf(queue: string, vhost: Vhost, { workers }: Topology): readonly Worker[] {
  const origin = vhost.queues.find(({ stages }) => stages?.includes(queue))?.name;
  return workers.filter(
    (worker) =>
      worker.vhost === vhost.name &&
      (worker.queues.includes(queue) || (origin !== undefined && worker.queues.includes(origin))),
  );
}

function copiesOf(
  type: QueueType,
  initialSize: number | undefined,
  { broker }: Topology,
): { readonly copies?: number } {
  const nodes = broker?.nodes;
  if (type !== 'quorum' || nodes === undefined) return {};
  return { copies: Math.min(nodes, initialSize ?? QUORUM_MEMBERS) };
}
