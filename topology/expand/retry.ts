/**
 * `retry` on a queue, written out. RabbitMQ gives a queue one dead-letter target and can't count, so the attempt that a
 * message is at must be read from where it is, or from its routing key:
 *
 * - ladder: the queue dead-letters to the direct exchange NAME.retry. A message that was never retried has some key of
 *   its publisher's, which no binding there knows: the alternate exchange takes it to the first delay queue. A delay
 *   queue gives it the key of the next rung and sends it back to the queue. The first key stays readable in x-death.
 * - stages: a chain, by fanout exchanges, of delay queues and of work queues for the further attempts. Keys stay.
 * - delayed-retry: the queue does it itself (RabbitMQ 4.3, quorum), and dead-letters at its delivery limit.
 *
 * Each delay has a queue of its own, since messages expire at the head of a queue only.
 */
import type {
  Binding,
  DeadLetter,
  Exchange,
  Queue,
  Retry,
  Settings,
  Topology,
  Vhost,
  Worker,
} from '../model';
import { resolveQueueType } from '../resolve/replication';
import type { Path } from '../source/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';

/** What one queue's retry adds to its vhost. */
interface Expansion {
  readonly queue: Queue;
  readonly queues: readonly Queue[];
  readonly exchanges: readonly Exchange[];
  /** Where the messages of the last attempt go, if that takes a binding. */
  readonly deadLetters?: { readonly queue: string; readonly binding: Binding };
}

/** Writes out every retry that has what it needs; the rest is for the rules. */
export function expandRetries(topology: Topology): Topology {
  if (!topology.vhosts.some(({ queues }) => queues.some(({ retry }) => retry !== undefined))) return topology;
  const vhosts = topology.vhosts.map((vhost) => expandVhost(vhost, topology.target));
  return { ...topology, vhosts, workers: topology.workers.map((worker) => withStages(worker, vhosts)) };
}

function expandVhost(vhost: Vhost, target: Target): Vhost {
  const expansions = vhost.queues.map((queue) => expandQueue(queue, vhost, target));
  const bindings = new Map<string, Binding[]>();
  for (const { deadLetters } of expansions) {
    if (deadLetters === undefined) continue;
    bindings.set(deadLetters.queue, [...(bindings.get(deadLetters.queue) ?? []), deadLetters.binding]);
  }
  return {
    ...vhost,
    exchanges: [...vhost.exchanges, ...expansions.flatMap(({ exchanges }) => exchanges)],
    queues: expansions
      .flatMap(({ queue, queues }) => [queue, ...queues])
      .map((queue) => withBindings(queue, bindings.get(queue.name) ?? [])),
  };
}

function expandQueue(queue: Queue, vhost: Vhost, target: Target): Expansion {
  const { retry, settings } = queue;
  const unchanged: Expansion = { queue, queues: [], exchanges: [] };
  const { deadLetter } = settings;
  if (retry === undefined || deadLetter === undefined || isMissing(deadLetter, queue, vhost))
    return unchanged;
  if (declaredDeadLetterKey(queue) !== undefined) return unchanged;
  switch (retry.method) {
    case 'delayed-retry':
      return isQuorum(queue, vhost, target)
        ? { ...unchanged, queue: withDelayedRetry(queue, retry) }
        : unchanged;
    case 'stages':
      return stages(queue, retry, deadLetter, isQuorum(queue, vhost, target));
    case 'ladder':
      return ladder(queue, retry, deadLetter, { isQuorum: isQuorum(queue, vhost, target), target });
  }
}

/** The argument of the application that wins over the policy by which a retry would lead to its delay queues. */
export function declaredDeadLetterKey({ retry, declaredWith }: Queue): string | undefined {
  if (retry === undefined || retry.method === 'delayed-retry') return undefined;
  return Object.keys(declaredWith ?? {}).find((key) => key.startsWith('x-dead-letter-'));
}

/** A target that isn't listed can't be bound. That it is missing is for the rules to say. */
function isMissing(deadLetter: DeadLetter, queue: Queue, vhost: Vhost): boolean {
  if (deadLetter.queue === undefined) return queue.retry?.method === 'ladder';
  return deadLetter.queue === queue.name || !vhost.queues.some(({ name }) => name === deadLetter.queue);
}

function withDelayedRetry(queue: Queue, { delaysMs }: Retry): Queue {
  const [minMs] = delaysMs;
  const maxMs = delaysMs.at(-1);
  if (minMs === undefined || maxMs === undefined) return queue;
  const settings: Settings = {
    ...queue.settings,
    deliveryLimit: delaysMs.length,
    delayedRetry: { type: 'failed', minMs, maxMs },
  };
  return { ...queue, settings };
}

function ladder(
  queue: Queue,
  { delaysMs, path }: Retry,
  deadLetter: DeadLetter,
  { isQuorum, target }: { readonly isQuorum: boolean; readonly target: Target },
): Expansion {
  const { name } = queue;
  const [down, first, back] = [`${name}.retry`, `${name}.retry.first`, `${name}.retry.back`];
  const rungKey = (rung: number): string =>
    rung > delaysMs.length ? `${name}.retry.dead` : `${name}.retry.${rung}`;
  const rungs = delaysMs.map((delayMs, index): Queue => {
    const binding = index === 0 ? bindingOf(path, first) : bindingOf(path, down, rungKey(index + 1));
    return delayQueue(queue, `${name}.retry.${index + 1}`, path, {
      delayMs,
      deadLetter: { exchange: back, routingKey: rungKey(index + 2) },
      binding,
      isQuorum,
    });
  });
  const { strategy, ...overflow } = safeTransfer(queue, isQuorum);
  const work: Queue = {
    ...queue,
    settings: {
      ...queue.settings,
      ...overflow,
      // RabbitMQ drops what a delivery limit sends round in a circle: here nothing but a rejection may count.
      ...(isQuorum && isAtLeast(target, '4.0') && queue.settings.deliveryLimit === undefined
        ? { deliveryLimit: -1 }
        : {}),
      deadLetter: { exchange: down, ...(strategy === undefined ? {} : { strategy }) },
    },
    bindings: [...queue.bindings, bindingOf(path, back)],
  };
  return {
    queue: work,
    queues: rungs,
    exchanges: [
      { ...privateExchange(down, 'direct', path), alternate: first },
      privateExchange(first, 'fanout', path),
      privateExchange(back, 'fanout', path),
    ],
    deadLetters: {
      queue: deadLetter.queue ?? '',
      binding: bindingOf(path, down, rungKey(delaysMs.length + 1)),
    },
  };
}

function stages(
  queue: Queue,
  { delaysMs, path }: Retry,
  deadLetter: DeadLetter,
  isQuorum: boolean,
): Expansion {
  const { name } = queue;
  const delayName = (attempt: number): string => `${name}.retry.${attempt}`;
  const stageName = (attempt: number): string => `${name}.attempt.${attempt + 1}`;
  const attempts = delaysMs.map((_, index) => index + 1);
  /** The dead-letter target of the work queue of one attempt; the first attempt is number 0. */
  const next = (attempt: number): DeadLetter =>
    attempt === delaysMs.length ? deadLetter : { exchange: delayName(attempt + 1) };
  const { strategy, ...overflow } = safeTransfer(queue, isQuorum);
  const withTarget = (attempt: number): Settings => ({
    ...queue.settings,
    ...overflow,
    deadLetter: { ...next(attempt), ...(strategy === undefined ? {} : { strategy }) },
  });
  const stage = stageOf(queue);
  const queues = attempts.flatMap((attempt): Queue[] => [
    delayQueue(queue, delayName(attempt), path, {
      delayMs: delaysMs[attempt - 1] ?? 0,
      deadLetter: { exchange: stageName(attempt) },
      binding: bindingOf(path, delayName(attempt)),
      isQuorum,
    }),
    {
      ...stage,
      path,
      name: stageName(attempt),
      settings: withTarget(attempt),
      bindings: [bindingOf(path, stageName(attempt))],
      isGenerated: true,
    },
  ]);
  return {
    queue: { ...queue, settings: withTarget(0), stages: attempts.map(stageName) },
    queues,
    exchanges: attempts
      .flatMap((attempt) => [delayName(attempt), stageName(attempt)])
      .map((exchange) => privateExchange(exchange, 'fanout', path)),
  };
}

/** What a further attempt's queue has in common with the first one: nobody but the topology declares it. */
function stageOf(queue: Queue): Omit<Queue, 'path' | 'name' | 'bindings'> {
  const { type, durable, autoDelete, replicated, settings, priorities, singleActiveConsumer } = queue;
  return {
    durable,
    autoDelete,
    replicated,
    settings,
    arguments: { ...queue.arguments, ...queue.declaredWith },
    ...(type === undefined ? {} : { type }),
    ...(priorities === undefined ? {} : { priorities }),
    ...(singleActiveConsumer === undefined ? {} : { singleActiveConsumer }),
    ...(queue.initialClusterSize === undefined ? {} : { initialClusterSize: queue.initialClusterSize }),
  };
}

function delayQueue(
  work: Queue,
  name: string,
  path: Path,
  rung: {
    readonly delayMs: number;
    readonly deadLetter: DeadLetter;
    readonly binding: Binding;
    readonly isQuorum: boolean;
  },
): Queue {
  // Only quorum queues can confirm dead letters. They must refuse on overflow for it, which never happens here.
  const safely = rung.isQuorum
    ? {
        overflow: 'reject-publish' as const,
        deadLetter: { ...rung.deadLetter, strategy: 'at-least-once' as const },
      }
    : { deadLetter: rung.deadLetter };
  return {
    path,
    name,
    type: rung.isQuorum ? 'quorum' : 'classic',
    durable: work.durable,
    autoDelete: false,
    replicated: rung.isQuorum || work.replicated === false ? false : 'where-supported',
    settings: { ttlMs: rung.delayMs, ...safely },
    arguments: {},
    isGenerated: true,
    bindings: [rung.binding],
  };
}

/**
 * How the work queue itself dead-letters. A quorum queue does it at least once unless the topology says otherwise; where
 * no length limits the queue, the overflow that this needs never refuses anything.
 */
function safeTransfer(
  { settings }: Queue,
  isQuorum: boolean,
): Pick<Settings, 'overflow'> & Pick<DeadLetter, 'strategy'> {
  const { overflow, deadLetter } = settings;
  if (deadLetter?.strategy !== undefined) return { strategy: deadLetter.strategy };
  const isLimited = settings.maxLength !== undefined || settings.maxLengthBytes !== undefined;
  const canConfirm = isQuorum && (overflow === 'reject-publish' || (overflow === undefined && !isLimited));
  return canConfirm ? { overflow: 'reject-publish', strategy: 'at-least-once' } : {};
}

function isQuorum(queue: Queue, vhost: Vhost, target: Target): boolean {
  return resolveQueueType(queue, vhost, target).type === 'quorum';
}

/** Clients can't publish to it: only the broker sends messages there. */
function privateExchange(name: string, type: string, path: Path): Exchange {
  return {
    path,
    name,
    type,
    durable: true,
    autoDelete: false,
    internal: true,
    arguments: {},
    isGenerated: true,
    bindings: [],
  };
}

function bindingOf(path: Path, exchange: string, routingKey = ''): Binding {
  return { path, exchange, routingKey, arguments: {} };
}

function withBindings(queue: Queue, bindings: readonly Binding[]): Queue {
  return bindings.length === 0 ? queue : { ...queue, bindings: [...queue.bindings, ...bindings] };
}

function withStages(worker: Worker, vhosts: readonly Vhost[]): Worker {
  const vhost = vhosts.find(({ name }) => name === worker.vhost);
  const queues = worker.queues.flatMap((name) => [
    name,
    ...(vhost?.queues.find((queue) => queue.name === name)?.stages ?? []),
  ]);
  return { ...worker, queues };
}
