/** A queue and what is around it, as the broker has it now: where dead letters come from and go to. */
import {
  liftDeliveryLimit,
  liftedQueueOf,
  liftingObstacle,
  restoreDeliveryLimit,
  type LimitedQueue,
} from '../../broker/guards/deliveryLimit';
import { closeAmqp } from '../../broker/amqp/connection';
import { lockQueue } from '../../broker/amqp/queueLock';
import { isAvailable, queueFigures, type QueueFigures } from '../../broker/figures/queueFigures';
import { readSnapshot } from '../../broker/snapshot';
import type { Surroundings } from '../../broker/amqp/origin';
import type { BrokerObject, PolicyObject, QueueObject } from '../../topology/objects';
import { HOLDING_PREFIX, nearest, quoteList } from '../../topology/names';
import { delaysOf } from '../../topology/route/deadLetterQueues';
import { policyIndex } from '../../topology/route/policies';
import { routedVhosts, type RoutedVhost } from '../../topology/route/vhost';
import { isAtLeast } from '../../topology/target';
import { openOperated, type Operated, type OperatedOptions } from '../operated';
import { untilStopped } from '../stopSignal';
import { UserError } from '../userError';

export interface FoundQueue extends Surroundings {
  readonly name: string;
  readonly vhostName: string;
  readonly settings: ReturnType<RoutedVhost['settingsOf']>;
  readonly limited: LimitedQueue;
}

export interface LiveTopology {
  /** Of the broker, without what an interrupted run has left. */
  readonly objects: readonly BrokerObject[];
  readonly vhosts: ReadonlyMap<string, RoutedVhost>;
}

export async function readLiveTopology({ broker, target }: Operated, vhost?: string): Promise<LiveTopology> {
  const snapshot = await readSnapshot(broker, vhost === undefined ? undefined : { vhost });
  const objects = snapshot
    .objects()
    .filter((object) => object.kind !== 'policy' || liftedQueueOf(object) === undefined);
  return { objects, vhosts: routedVhosts(objects, { target, vhosts: [] }) };
}

/** With what the broker counts; absent where it doesn't. */
export interface QueueNow extends FoundQueue {
  readonly figures?: QueueFigures;
}

/** What the broker hands out ahead, together. */
const AHEAD_BYTES = 64 * 1024 * 1024;

/** How many messages that may be at a time, by how large they are on average: of large ones a few. */
export function windowOf({ figures }: QueueNow, messagesMax: number): number {
  const { bytes = 0, ready = 0, unacknowledged = 0 } = figures ?? {};
  const messages = ready + unacknowledged;
  if (bytes === 0 || messages === 0) return messagesMax;
  const fitting = Math.floor((AHEAD_BYTES * messages) / bytes);
  return Math.max(1, Math.min(fitting, messagesMax));
}

export interface QueueOptions extends OperatedOptions {
  readonly vhost?: string;
}

/** On a queue of the broker that is meant; a signal is told to the work, which ends in order. */
export function onQueue(
  queue: string,
  options: QueueOptions,
  work: (operated: Operated, found: QueueNow, stop: AbortSignal) => Promise<number>,
): Promise<number> {
  return untilStopped(async (stop) => {
    const operated = await openOperated(options);
    try {
      const live = await readLiveTopology(operated, options.vhost);
      const vhost = options.vhost === undefined ? {} : { vhost: options.vhost };
      const found = findQueue(operated, live, { queue, ...vhost });
      return await work(operated, await unlessDown(operated, found), stop);
    } finally {
      await operated.close();
    }
  });
}

/** Whoever asks a queue that is down for anything waits until its node is back. @throws UserError */
async function unlessDown({ broker, name: where }: Operated, found: FoundQueue): Promise<QueueNow> {
  const { name, vhostName } = found;
  // Asked for by itself, such a queue has no state.
  const figures = (await queueFigures(broker)).find((one) => one.vhost === vhostName && one.name === name);
  if (figures === undefined) return found;
  if (isAvailable(figures)) return { ...found, figures };
  throw new UserError(
    `queue "${name}" in vhost "${vhostName}" on ${where} is ${figures.state ?? 'down'}: nothing can be read from it or taken out of it until the node that has it, or a majority of those that have a copy, is back. \`warren status\` says which node is away. Nothing was changed`,
  );
}

/** @throws UserError where there is none, or several of that name */
export function findQueue(
  operated: Operated,
  live: LiveTopology,
  { queue, vhost }: { readonly queue: string; readonly vhost?: string },
): FoundQueue {
  const isQueue = (object: BrokerObject): object is QueueObject => object.kind === 'queue';
  const queues = live.objects.filter(isQueue).filter((one) => vhost === undefined || one.vhost === vhost);
  const [found, ...others] = queues.filter(({ name }) => name === queue);
  if (found === undefined) {
    const meant = nearest(
      queue,
      queues.map(({ name }) => name),
    );
    const where = vhost === undefined ? '' : ` in vhost "${vhost}"`;
    throw new UserError(
      `there is no queue "${queue}"${where} on ${operated.name}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    );
  }
  if (others.length > 0) {
    const vhosts = [found, ...others].map((one) => one.vhost);
    throw new UserError(
      `the queue "${queue}" is in several vhosts: say --vhost, one of ${quoteList(vhosts, 10)}`,
    );
  }
  const routed = live.vhosts.get(found.vhost);
  if (routed === undefined) throw new Error(`no vhost ${found.vhost}`);
  return {
    name: found.name,
    vhostName: found.vhost,
    vhost: routed,
    deadLetterQueue: found.name,
    isDelay: isDelayIn(operated, routed),
    ownerOf: ownersIn(operated, found.vhost),
    settings: routed.settingsOf(found.name),
    limited: limitedQueue(operated, live, found),
  };
}

function isDelayIn({ known }: Operated, vhost: RoutedVhost): (queue: string) => boolean {
  const model = known?.topology.vhosts.find(({ name }) => name === vhost.name);
  const stages = new Set(model?.queues.flatMap((queue) => queue.stages ?? []));
  const generated = new Set(
    model?.queues
      .filter(({ isGenerated, name }) => isGenerated === true && !stages.has(name))
      .map(({ name }) => name),
  );
  const byBroker = delaysOf(vhost);
  return (queue) => generated.has(queue) || byBroker(queue);
}

function ownersIn({ known }: Operated, vhost: string): (queue: string) => string {
  const model = known?.topology.vhosts.find(({ name }) => name === vhost);
  const owners = new Map(
    (model?.queues ?? []).flatMap(({ name, stages = [] }) => stages.map((stage) => [stage, name] as const)),
  );
  return (queue) => owners.get(queue) ?? queue;
}

function limitedQueue(
  { target }: Operated,
  { objects, vhosts }: LiveTopology,
  queue: QueueObject,
): LimitedQueue {
  const type = vhosts.get(queue.vhost)?.settingsOf(queue.name).type ?? 'classic';
  const all = (kind: PolicyObject['kind']): readonly PolicyObject[] =>
    objects.filter((object): object is PolicyObject => object.kind === kind && object.vhost === queue.vhost);
  const winner = (kind: PolicyObject['kind']) => policyIndex(all(kind)).forQueue(queue.name, type);
  return {
    vhost: queue.vhost,
    name: queue.name,
    arguments: queue.arguments,
    policy: winner('policy'),
    operatorPolicy: winner('operatorPolicy'),
    isUnlimitedByDefault: !isAtLeast(target, '4.0'),
  };
}

/** Nothing was looked into: the queue's delivery limit couldn't be put out of the way. */
export class LimitInTheWay extends UserError {
  /** @param canBeRisked to look all the same */
  constructor(
    readonly reason: string,
    readonly canBeRisked: boolean,
  ) {
    super(`${reason}${canBeRisked ? ', or take the risk: --despite-limit' : ''}`);
  }
}

/**
 * Looks into a queue with its delivery limit out of the way.
 * @throws LimitInTheWay, or UserError for a stream
 */
export async function withoutLimit<T>(
  operated: Operated,
  queue: FoundQueue,
  { despiteLimit = false }: { readonly despiteLimit?: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const { broker } = operated;
  const { name, vhostName, settings, limited } = queue;
  if (settings.type === 'stream') {
    throw new UserError(
      `"${name}" is a stream: it keeps its messages whoever reads them, so nothing can be taken out of it or moved back. Read it with a stream's consumer; it ends by age or size`,
    );
  }
  if (settings.deliveryLimit === undefined) {
    // One that an earlier run had to leave.
    await restoreDeliveryLimit(broker, vhostName, name);
    return work();
  }
  const obstacle = liftingObstacle(limited);
  if (obstacle !== undefined) {
    if (despiteLimit) return work();
    throw new LimitInTheWay(
      `queue "${name}" has a delivery limit of ${settings.deliveryLimit} that can't be lifted while it is looked into (${obstacle}): what is given back beyond it, RabbitMQ drops or dead-letters. Take the limit away there`,
      true,
    );
  }
  return alone(operated, queue, despiteLimit, async () => {
    await liftDeliveryLimit(broker, limited);
    try {
      return await work();
    } finally {
      await restoreDeliveryLimit(broker, vhostName, name);
    }
  });
}

/** @throws LimitInTheWay where another command has it out of the way */
async function alone<T>(
  operated: Operated,
  { name, vhostName }: FoundQueue,
  despiteLimit: boolean,
  work: () => Promise<T>,
): Promise<T> {
  const connection = await operated.connectAsOperator(vhostName, `warren dlq, lock of ${name}`);
  try {
    const result = await lockQueue(connection, name);
    if (result === 'locked' || (despiteLimit && result !== 'taken')) return await work();
    if (result === 'taken') {
      throw new LimitInTheWay(
        `another warren dlq is at work on queue "${name}" in vhost "${vhostName}", with its delivery limit out of the way: whoever ends first would put the limit back while the other holds messages, and RabbitMQ would drop them. Wait until it has ended`,
        false,
      );
    }
    throw new LimitInTheWay(
      `can't keep others from queue "${name}" in vhost "${vhostName}" while its delivery limit is out of the way: the private queue for that was refused (${result.refused}). Log in as somebody who may declare queues named ${HOLDING_PREFIX}lock.…`,
      true,
    );
  } finally {
    await closeAmqp(connection);
  }
}
