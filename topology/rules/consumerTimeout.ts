import type { BrokerSettings, Topology, Worker } from '../model';
import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { formatDuration } from '../units';
import { argumentFate } from './queueArguments';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const consumerTimeout: Rule = {
  code: 'consumer-timeout',
  severity: 'error',
  title: 'The longest task is done before RabbitMQ gives its consumer up.',
  reason:
    'A message that is not acknowledged within the consumer timeout (30 minutes by default) is delivered again, and before 4.3 the channel of the worker is closed: a long job never ends.',
  help: 'Raise `consumerTimeout` of the queue (3.12 and later) or of the broker over the longest task, or cut the task into smaller ones.',
  sources: [
    docs('consumers#acknowledgement-timeout'),
    'https://github.com/rabbitmq/rabbitmq-server/issues/16983',
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      reports: { type: quorum, deliveryLimit: 3, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
workers:
  reports: { vhost: shop, queues: [reports], longestTask: 2h }
`,
    good: `
vhosts:
  shop:
    queues:
      reports: { type: quorum, consumerTimeout: 3h, deliveryLimit: 3, deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
workers:
  reports: { vhost: shop, queues: [reports], longestTask: 2h }
`,
  },
  check: ({ topology, vhosts }) => {
    const byName = new Map(vhosts.map((resolved) => [resolved.vhost.name, new Queues(resolved)]));
    return topology.workers.flatMap((worker) =>
      checkWorker(worker, byName.get(worker.vhost ?? ''), topology),
    );
  },
};

class Queues {
  readonly byName: ReadonlyMap<string, ResolvedQueue>;

  constructor({ queues }: ResolvedVhost) {
    this.byName = new Map(queues.map((resolved) => [resolved.queue.name, resolved]));
  }
}

const DEFAULT_TIMEOUT_MS = 30 * 60_000;

function checkWorker(worker: Worker, queues: Queues | undefined, { target, broker }: Topology): Finding[] {
  const { longestTaskMs, name, path } = worker;
  if (longestTaskMs === undefined || queues === undefined) return [];
  // The last of the messages that a worker holds waits for those before it.
  const rounds = Math.max(1, Math.ceil((worker.prefetch ?? 1) / (worker.concurrency ?? 1)));
  for (const queueName of worker.queues) {
    const resolved = queues.byName.get(queueName);
    const timeoutMs = resolved === undefined ? undefined : timeoutOf(resolved, target, broker);
    if (timeoutMs === undefined || timeoutMs === 0 || longestTaskMs * rounds < timeoutMs) continue;
    const isHeld = longestTaskMs < timeoutMs;
    return [
      {
        message: isHeld
          ? `The workers "${name}" hold up to ${worker.prefetch ?? 1} messages of "${queueName}" for ${formatDuration(longestTaskMs * rounds)}, and the consumer timeout is ${formatDuration(timeoutMs)}.`
          : `The longest task of "${name}" takes ${formatDuration(longestTaskMs)}, and the consumer timeout of "${queueName}" is ${formatDuration(timeoutMs)}.`,
        reason: isHeld
          ? 'A message that waits in the worker for the ones before it counts as held, too.'
          : 'RabbitMQ would take the message away and deliver it again, for ever.',
        help: isAtLeast(target, '3.12')
          ? `Say \`consumerTimeout\` on the queue or the broker${isHeld ? ', or lower the prefetch' : ''}.`
          : `Say \`consumerTimeout\` on the broker (3.12 and later: on the queue)${isHeld ? ', or lower the prefetch' : ''}.`,
        path: [...path, isHeld ? 'prefetch' : 'longestTask'],
        ...(isHeld ? { severity: 'warning' as const } : {}),
      },
    ];
  }
  return [];
}

/** Undefined where nothing limits how long a message may be held. */
function timeoutOf(
  { queue, type, definition }: ResolvedQueue,
  target: Target,
  broker: BrokerSettings | undefined,
): number | undefined {
  // Streams never had it; from 4.3 on the queue counts the time, and only quorum queues do.
  if (type === 'stream' || (type === 'classic' && isAtLeast(target, '4.3'))) return undefined;
  const given = { ...queue.arguments, ...queue.declaredWith };
  const key = 'x-consumer-timeout';
  const argument = argumentFate(key, type, target) === 'counts' ? given[key] : undefined;
  const conf = broker?.conf.consumer_timeout;
  const settings = [argument, definition['consumer-timeout'], broker?.consumerTimeoutMs, conf];
  return settings.find((value) => typeof value === 'number') ?? DEFAULT_TIMEOUT_MS;
}
