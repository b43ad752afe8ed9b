/** What routing and fates are called, for people. */
import type { FateEvent } from '../../model';
import type { DeadLettering } from '../../route/deadLetters';
import { hasLength } from '../../route/queueSettings';
import type { QueueSettings } from '../../route/queueSettings';
import { keyWords } from '../../route/pathWords';
import type { Delivery } from '../../route/route';
import { NAMELESS_EXCHANGE } from '../../route/table';
import { formatDuration, formatSize } from '../../units';

/** What else there is to say of a delivery than its queue. */
export function deliveryWords({ family, certainty, decidedBy }: Delivery): string[] {
  const decider = decidedBy === undefined ? '' : `${decidedBy.name} (${decidedBy.type})`;
  return [
    ...(family === undefined ? [] : [`of the family ${family}, if the application has declared it`]),
    ...(certainty === 'one-of' ? [`one of these: ${decider} chooses`] : []),
    ...(certainty === 'possible' ? [`perhaps: how ${decider} routes is not known`] : []),
  ];
}

export const TYPE_WORDS = { classic: 'classic queue', quorum: 'quorum queue', stream: 'stream' } as const;

export function lengthWords({ maxLength, maxLengthBytes }: QueueSettings): string {
  return [
    ...(maxLength === undefined
      ? []
      : [`${maxLength.toLocaleString('en')} ${maxLength === 1 ? 'message' : 'messages'}`]),
    ...(maxLengthBytes === undefined ? [] : [formatSize(maxLengthBytes)]),
  ].join(' or ');
}

/**
 * When an event comes, in the order in which a sentence reads best.
 * @param waitedMs what the message has spent before in queues that let it expire
 */
export function eventWords(events: readonly FateEvent[], settings: QueueSettings, waitedMs: number): string {
  const { ttlMs = 0, deliveryLimit = 0, overflow } = settings;
  const sum = waitedMs > 0 ? ` (${formatDuration(waitedMs + ttlMs)} of waiting in all)` : '';
  const size = hasLength(settings) ? lengthWords(settings) : '';
  const words: Readonly<Record<FateEvent, string>> = {
    expired: ttlMs === 0 ? 'at once, unless a consumer is waiting' : `after ${formatDuration(ttlMs)}${sum}`,
    maxlen:
      overflow === 'reject-publish-dlx'
        ? `when the queue is full (${size}; the publisher gets a nack)`
        : `when newer ones push it out (over ${size})`,
    'delivery-limit': `when returned more than ${deliveryLimit} ${deliveryLimit === 1 ? 'time' : 'times'}`,
    rejected: 'when rejected',
  };
  return listWords(EVENT_ORDER.filter((event) => events.includes(event)).map((event) => words[event]));
}

const EVENT_ORDER: readonly FateEvent[] = ['expired', 'maxlen', 'rejected', 'delivery-limit'];

function listWords(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  if (items.length < 2) return last;
  return `${items.slice(0, -1).join(', ')}${items.length > 2 ? ',' : ''} or ${last}`;
}

export function deadLetteringWords({ exchange, isKeyKept, guarantee, flight }: DeadLettering): string {
  const [key = ''] = flight.routingKeys;
  const name = exchange === NAMELESS_EXCHANGE ? 'the default exchange' : `exchange ${exchange}`;
  const kept = isKeyKept ? `key kept (${keyWords(key)})` : `key ${keyWords(key)}`;
  return `${name}, ${kept}, ${guarantee.replaceAll('-', ' ')}`;
}

/** What the queue does, whatever happens to one message. */
export function queueWords(settings: QueueSettings, arrival: Arrival): string[] {
  const { expiresMs, overflow, delayedRetry, type, maxAge } = settings;
  const full = `when full (${lengthWords(settings)})`;
  const refusal: Readonly<Record<Arrival, string>> = {
    published: `${full}: refuses new ones, and their publisher gets a nack`,
    'at-most-once': `${full}: dead letters that come are lost`,
    'at-least-once': `${full}: dead letters wait in the queue that they come from`,
  };
  return [
    ...(overflow === 'reject-publish' && hasLength(settings) ? [refusal[arrival]] : []),
    ...(delayedRetry === undefined ? [] : [delayedRetryWords(delayedRetry)]),
    ...(expiresMs === undefined
      ? []
      : [
          `if nobody uses the queue for ${formatDuration(expiresMs)}: deleted with its messages, which are gone`,
        ]),
    ...(type === 'stream' ? [`stays for every consumer to read${retentionWords(settings, maxAge)}`] : []),
  ];
}

/** How a message comes to a queue. */
export type Arrival = 'published' | DeadLettering['guarantee'];

function delayedRetryWords({ type, minMs = 0, maxMs }: NonNullable<QueueSettings['delayedRetry']>): string {
  const which = type === 'all' ? 'returned' : type === 'failed' ? 'failed' : 'released';
  const until = maxMs === undefined ? '' : ` to ${formatDuration(maxMs)}`;
  return `a ${which} message waits ${formatDuration(minMs)}${until} before it is delivered again`;
}

function retentionWords(settings: QueueSettings, maxAge: string | undefined): string {
  const limits = [
    ...(maxAge === undefined ? [] : [`for ${maxAge}`]),
    ...(hasLength(settings) ? [`up to ${lengthWords(settings)}`] : []),
  ];
  return limits.length === 0 ? '' : `, ${limits.join(', ')}`;
}
