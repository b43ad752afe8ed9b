/** What a dead letter says of itself: where it died, why, how often, and how it came there. */
import { field, text } from '../api/json';

/** `delivery_limit` and the others as RabbitMQ writes them. */
export type DeathReason = string;

/** All deaths of a message in one queue for one reason. */
export interface Death {
  readonly queue: string;
  readonly reason: DeathReason;
  readonly count: number;
  /** Where the message had been sent when it first died there. */
  readonly exchange: string;
  /** Its routing key, then those of its CC header. */
  readonly routingKeys: readonly string[];
  /** The first of these deaths. */
  readonly at?: Date;
  /** What it had to live, where it said so itself: RabbitMQ takes that out of a dead letter. */
  readonly originalExpiration?: string;
}

export type MessageHeaders = Readonly<Record<string, unknown>>;

/** The last one first; none where the message never died. */
export function deathsOf(headers: MessageHeaders): readonly Death[] {
  const list = headers['x-death'];
  const deaths = (Array.isArray(list) ? list : []).map(deathOf).filter(({ queue }) => queue !== '');
  // From 3.13 on, the broker says which one is the last.
  const [queue, reason] = [text(headers, 'x-last-death-queue'), text(headers, 'x-last-death-reason')];
  const last = deaths.find((death) => death.queue === queue && death.reason === reason);
  return last === undefined ? deaths : [last, ...deaths.filter((death) => death !== last)];
}

function deathOf(entry: unknown): Death {
  const keys = field(entry, 'routing-keys');
  const seconds = field(field(entry, 'time'), 'value');
  const originalExpiration = text(entry, 'original-expiration');
  return {
    queue: text(entry, 'queue'),
    reason: text(entry, 'reason'),
    count: Number(field(entry, 'count') ?? 1),
    exchange: text(entry, 'exchange'),
    routingKeys: Array.isArray(keys) ? keys.filter((key): key is string => typeof key === 'string') : [],
    ...(typeof seconds === 'number' ? { at: new Date(seconds * 1000) } : {}),
    ...(originalExpiration === '' ? {} : { originalExpiration }),
  };
}

/** How often a quorum queue has handed it out in vain, by its own count. */
export function deliveryCountOf(headers: MessageHeaders): number {
  return Number(headers['x-delivery-count'] ?? 0);
}

/** RabbitMQ's own notes. A message that is sent again with them is taken for one that goes round in circles. */
const NOTES = /^x-(death|(first|last)-death-(queue|reason|exchange)|delivery-count|acquired-count)$/;
/** Further keys: by the default exchange, copies would go to queues of these names. */
const FURTHER_KEYS = /^B?CC$/;

/** As its publisher sent it, but for further routing keys. */
export function headersBeforeDeath(headers: MessageHeaders): MessageHeaders {
  const own = Object.entries(headers).filter(([name]) => !NOTES.test(name) && !FURTHER_KEYS.test(name));
  return Object.fromEntries(own);
}
