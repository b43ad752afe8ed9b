import type { Retry } from '../model';
import type { ResolvedQueue } from '../resolve/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import type { Source } from '../source/index';
import { DURATION_MS_MAX, formatDuration } from '../units';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const retryMethod: Rule = {
  code: 'retry-method',
  severity: 'error',
  title: 'The queue and its broker can do the retry that is asked for.',
  reason:
    'Delayed retry belongs to quorum queues from RabbitMQ 4.3 on; ladder and stages are made of ordinary queues.',
  help: 'Say `method: ladder` or `method: stages`: they work everywhere.',
  sources: [
    docs('quorum-queues'),
    'Measured on RabbitMQ 4.3: it waits for the delay times the number of deliveries.',
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid:
        type: classic
        retry: { attempts: 3, delay: 1s, method: delayed-retry }
        deadLetter: { queue: failed }
      failed:
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
        type: quorum
        retry: { attempts: 3, delay: 1s, method: delayed-retry }
        deadLetter: { queue: failed }
      failed:
`,
  },
  check: ({ topology: { source, target }, vhosts }) =>
    vhosts.flatMap(({ queues }) => queues.flatMap((queue) => checkQueue(queue, source, target))),
};

function checkQueue({ queue, type }: ResolvedQueue, source: Source, target: Target): Finding[] {
  const { retry, path } = queue;
  if (retry === undefined) return [];
  const at = { path: [...path, 'retry'], part: 'key' as const };
  if (type === 'stream') {
    return [
      {
        ...at,
        message: `"${queue.name}" is a stream: there is nothing to retry.`,
        reason: 'A message stays in a stream whatever its readers make of it.',
        help: 'Remove the retry, or the type.',
      },
    ];
  }
  const tooLong = tooLongDelay(queue.name, retry);
  if (tooLong !== undefined) return [{ ...at, ...tooLong }];
  if (retry.method !== 'delayed-retry') return [];
  const obstacle = delayedRetryObstacle(queue.name, type, target);
  if (obstacle !== undefined) {
    return [
      { ...at, message: obstacle, help: 'Say `method: ladder` or `method: stages`: they work everywhere.' },
    ];
  }
  const extra = ['factor', 'deliveryLimit', 'delayedRetry'].find((key) => isSaid(source, queue.path, key));
  if (extra === undefined) return [];
  return [
    {
      message: `\`${extra}\` contradicts \`method: delayed-retry\`.`,
      reason:
        'The broker waits for the delay times the number of deliveries, and the attempts are the delivery limit.',
      help: `Remove \`${extra}\`, or choose another method.`,
      path: extra === 'factor' ? [...path, 'retry', extra] : [...path, extra],
      part: 'key',
    },
  ];
}

/** What RabbitMQ would refuse as the ttl of a delay queue. */
function tooLongDelay(
  name: string,
  { delaysMs }: Retry,
): Pick<Finding, 'message' | 'reason' | 'help'> | undefined {
  const index = delaysMs.findIndex((delayMs) => delayMs > DURATION_MS_MAX);
  if (index < 0) return undefined;
  const longest = formatDuration(DURATION_MS_MAX);
  return {
    message: `The wait before retry ${index + 1} of "${name}" is longer than ${longest}.`,
    reason:
      'RabbitMQ counts milliseconds in 32 bits, and refuses a queue that would keep messages for longer.',
    help: 'Say `maxDelay`, from which on the waits grow no more, or a smaller `factor`, or fewer `attempts`.',
  };
}

function delayedRetryObstacle(name: string, type: string, target: Target): string | undefined {
  if (!isAtLeast(target, '4.3')) return `RabbitMQ ${target} has no delayed retry: it came with 4.3.`;
  return type === 'quorum'
    ? undefined
    : `"${name}" is a ${type} queue, and only quorum queues have delayed retry.`;
}

/** Whether the file itself says it: the compiler adds such settings of its own. */
function isSaid(source: Source, queuePath: ResolvedQueue['queue']['path'], key: string): boolean {
  const parent = key === 'factor' ? [...queuePath, 'retry'] : queuePath;
  let value: unknown = source.data;
  for (const step of parent)
    value =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  return typeof value === 'object' && value !== null && key in value;
}
