/**
 * What all queues hold, and what happens to them, in two requests whatever their number. The list with statistics is
 * 5 s old and more; the one with totals asks each classic queue itself, and knows neither consumers nor rates. Figures
 * that are missing are never zeros: statistics may be switched off, or the only node that has a queue be down.
 */
import { count, field, records, text } from '../api/json';
import { LIST_TIMEOUT_MS, type Broker } from '../api/transport';

export interface QueueFigures {
  readonly vhost: string;
  readonly name: string;
  readonly type: string;
  /** `running`, `down`, `flow`, …, where the broker says it. */
  readonly state?: string;
  readonly ready?: number;
  readonly unacknowledged?: number;
  readonly consumers?: number;
  readonly publishedPerSecond?: number;
  readonly deliveredPerSecond?: number;
  /** Of its payloads. */
  readonly bytes?: number;
}

const COLUMNS = [
  ...[
    'vhost',
    'name',
    'type',
    'state',
    'consumers',
    'messages_ready',
    'messages_unacknowledged',
    'message_bytes',
  ],
  ...['message_stats.publish_details.rate', 'message_stats.deliver_get_details.rate'],
].join(',');
const TOTALS =
  'disable_stats=true&enable_queue_totals=true&columns=vhost,name,messages,messages_ready,messages_unacknowledged';

export async function queueFigures(broker: Broker): Promise<readonly QueueFigures[]> {
  const list = async (query: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const request = {
      path: `queues?${query}`,
      action: 'read the figures of the queues',
      timeoutMs: LIST_TIMEOUT_MS,
    };
    return records((await broker.request({ method: 'GET', ...request })).json);
  };
  const [all, totals] = await Promise.all([list(`columns=${COLUMNS}`), list(TOTALS)]);
  const known = new Map(totals.map((entry) => [keyOf(entry), entry]));
  return all.map((entry) => figuresOf(entry, known.get(keyOf(entry))));
}

function keyOf(entry: unknown): string {
  return JSON.stringify([text(entry, 'vhost'), text(entry, 'name')]);
}

function figuresOf(entry: unknown, totals: unknown): QueueFigures {
  const stats = field(entry, 'message_stats');
  const rate = (name: string): number | undefined => count(field(stats, name), 'rate');
  const state = text(entry, 'state');
  return {
    vhost: text(entry, 'vhost'),
    name: text(entry, 'name'),
    type: text(entry, 'type'),
    ...(state === '' ? {} : { state }),
    ...defined({
      ready: count(totals, 'messages_ready') ?? count(entry, 'messages_ready') ?? count(totals, 'messages'),
      unacknowledged: count(totals, 'messages_unacknowledged') ?? count(entry, 'messages_unacknowledged'),
      consumers: count(entry, 'consumers'),
      publishedPerSecond: rate('publish_details'),
      deliveredPerSecond: rate('deliver_get_details'),
      bytes: count(entry, 'message_bytes'),
    }),
  };
}

/** Of states in which a queue can be read from and written to. */
const AVAILABLE = new Set(['running', 'idle', 'flow', 'syncing']);

/** False where its node doesn't run, or too few of its nodes do: whoever asks such a queue waits for good. */
export function isAvailable({ state }: Pick<QueueFigures, 'state'>): boolean {
  return state === undefined || AVAILABLE.has(state);
}

function defined(figures: Readonly<Record<string, number | undefined>>): Partial<Record<string, number>> {
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => figure !== undefined));
}
