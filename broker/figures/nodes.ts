/** The nodes of a cluster, and whether one of them may stop without a queue losing its majority. */
import { count, field, flag, records, text, textList } from '../api/json';
import { LIST_TIMEOUT_MS, type Broker } from '../api/transport';

export interface BrokerNode {
  /** `rabbit@host`. */
  readonly name: string;
  readonly isRunning: boolean;
  readonly hasMemoryAlarm: boolean;
  readonly hasDiskAlarm: boolean;
  /** Nodes that it lost sight of while both went on. */
  readonly partitions: readonly string[];
}

/** With what it uses of what it has. What a node that is down doesn't say is absent. */
export interface NodeFigures extends BrokerNode {
  readonly version?: string;
  readonly isBeingDrained: boolean;
  readonly memoryBytes?: number;
  /** From there on it takes no messages. */
  readonly memoryLimitBytes?: number;
  readonly diskFreeBytes?: number;
  /** Below it takes no messages. */
  readonly diskFreeLimitBytes?: number;
  readonly filesUsed?: number;
  readonly filesMax?: number;
}

/** As the node sees it that answers. */
export async function readNodes(broker: Broker): Promise<readonly BrokerNode[]> {
  return (await listNodes(broker)).map(nodeOf);
}

export async function readNodeFigures(broker: Broker): Promise<readonly NodeFigures[]> {
  return (await listNodes(broker)).map((node) => {
    const version = text(node, 'rabbitmq_version');
    return {
      ...nodeOf(node),
      ...(version === '' ? {} : { version }),
      isBeingDrained: flag(node, 'being_drained'),
      ...amounts(node, {
        memoryBytes: 'mem_used',
        memoryLimitBytes: 'mem_limit',
        diskFreeBytes: 'disk_free',
        diskFreeLimitBytes: 'disk_free_limit',
        filesUsed: 'fd_used',
        filesMax: 'fd_total',
      }),
    };
  });
}

async function listNodes(broker: Broker): Promise<readonly Record<string, unknown>[]> {
  const { json } = await broker.request({ method: 'GET', path: 'nodes', action: 'list the nodes' });
  return records(json);
}

function nodeOf(node: unknown): BrokerNode {
  return {
    name: text(node, 'name'),
    isRunning: flag(node, 'running'),
    hasMemoryAlarm: flag(node, 'mem_alarm'),
    hasDiskAlarm: flag(node, 'disk_free_alarm'),
    partitions: textList(field(node, 'partitions')),
  };
}

function amounts<K extends string>(
  node: unknown,
  names: Readonly<Record<K, string>>,
): Partial<Record<K, number>> {
  const found = Object.entries<string>(names).flatMap(([key, name]) => {
    const amount = count(node, name);
    return amount === undefined ? [] : [[key, amount] as const];
  });
  return Object.fromEntries(found) as Partial<Record<K, number>>;
}

/** A queue with fewer copies that are in step than it has members. */
export interface Lagging {
  readonly vhost: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly online: readonly string[];
}

/**
 * Queues and streams of which a copy is missing just now. The list with statistics is up to 10 s old (measured on 3.10
 * and 4.3: it shows a stopped node's copies as online), the one without is of this moment. Only the former knows
 * mirrors, and on 3.10 streams.
 */
export async function laggingQueues(broker: Broker): Promise<readonly Lagging[]> {
  const list = async (query: string): Promise<readonly Record<string, unknown>[]> => {
    const path = `queues?${query}`;
    const action = 'list the queues with their members';
    return records((await broker.request({ method: 'GET', path, action, timeoutMs: LIST_TIMEOUT_MS })).json);
  };
  const columns = 'vhost,name,type,members,online,node,slave_nodes,synchronised_slave_nodes';
  const [now, late] = await Promise.all([list('disable_stats=true'), list(`columns=${columns}`)]);
  const known = new Set(now.filter((queue) => Array.isArray(field(queue, 'online'))).map(keyOf));
  const queues = [
    ...now.map(replicatedOn),
    ...late.filter((queue) => !known.has(keyOf(queue))).map(copiesOf),
  ];
  return queues.filter(({ members, online }) => online.length < members.length);
}

function keyOf(queue: unknown): string {
  return JSON.stringify([text(queue, 'vhost'), text(queue, 'name')]);
}

function replicatedOn(queue: unknown): Lagging {
  const online = textList(field(queue, 'online'));
  return { ...nameOf(queue), members: textList(field(queue, 'members')), online };
}

/** Of a stream, or of a classic queue with its mirrors. */
function copiesOf(queue: unknown): Lagging {
  if (Array.isArray(field(queue, 'members'))) return replicatedOn(queue);
  const mirrors = textList(field(queue, 'slave_nodes'));
  const inStep = textList(field(queue, 'synchronised_slave_nodes'));
  const leader = text(queue, 'node');
  return { ...nameOf(queue), members: [leader, ...mirrors], online: [leader, ...inStep] };
}

function nameOf(queue: unknown): { readonly vhost: string; readonly name: string } {
  return { vhost: text(queue, 'vhost'), name: text(queue, 'name') };
}

/** Enables every stable feature flag that isn't yet: what the next series of RabbitMQ asks for before it boots. */
export async function enableFeatureFlags(broker: Broker): Promise<readonly string[]> {
  const action = 'list the feature flags';
  const { json } = await broker.request({ method: 'GET', path: 'feature-flags', action });
  const wanted = records(json)
    .filter((one) => text(one, 'state') === 'disabled' && text(one, 'stability') === 'stable')
    .map((one) => text(one, 'name'));
  for (const name of wanted) {
    await broker.request({
      method: 'PUT',
      path: `feature-flags/${encodeURIComponent(name)}/enable`,
      body: { name },
      action: `enable the feature flag ${name}`,
      timeoutMs: LIST_TIMEOUT_MS,
    });
  }
  return wanted;
}
