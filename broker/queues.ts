/** Queues. Deleting one never loses a message that nobody approved to lose. */
import type { QueueObject } from '../topology/objects';
import type { Broker } from './transport';
import type { QueueCounts } from './queueCounts';
import { requestInVhost } from './access';
import { conflictError } from './conflict';
import { BrokerError, isBrokerError } from './errors';
import { argumentTable, field, flag, getOrAbsent, records, text } from './json';
import { describeCounts, freshCounts, statistics } from './queueCounts';
import { path } from './transport';

const inWords = (vhost: string, name: string): string => `queue "${name}" in vhost "${vhost}"`;

export async function list(broker: Broker, vhost: string): Promise<readonly QueueObject[]> {
  const action = `list the queues of vhost "${vhost}"`;
  const listPath = `queues/${path(vhost)}?disable_stats=true`;
  const { json } = await broker.request({ method: 'GET', path: listPath, action });
  return records(json).map(fromJson);
}

export async function read(broker: Broker, vhost: string, name: string): Promise<QueueObject | undefined> {
  const action = `read ${inWords(vhost, name)}`;
  const queuePath = `queues/${path(vhost, name)}?disable_stats=true`;
  const json = await getOrAbsent(broker, { path: queuePath, action });
  return json === undefined ? undefined : fromJson(json);
}

/** Declares the queue. One that exists and is equal is fine; `refused` names every field that differs. */
export async function put(broker: Broker, queue: QueueObject): Promise<void> {
  const { vhost, name, durable, autoDelete } = queue;
  try {
    await requestInVhost(broker, vhost, {
      method: 'PUT',
      path: `queues/${path(vhost, name)}`,
      body: { durable, auto_delete: autoDelete, arguments: queue.arguments },
      action: `create ${inWords(vhost, name)}`,
    });
  } catch (error) {
    if (!isBrokerError(error, 'refused')) throw error;
    const current = await read(broker, vhost, name);
    throw (current && conflictError(broker, inWords(vhost, name), current, queue)) ?? error;
  }
}

/**
 * Deletes the queue. Unless approved, only an empty queue that nobody consumes: otherwise `guarded`, with the
 * counts and the way to approve. An absent queue is fine.
 */
export async function remove(
  broker: Broker,
  vhost: string,
  name: string,
  options: { readonly approved: boolean },
): Promise<void> {
  if (options.approved) {
    await sendDelete(broker, vhost, name, '');
    return;
  }
  const counts = await freshCounts(broker, vhost, name);
  if (counts === undefined) return;
  if (counts.type === 'quorum' || counts.type === 'stream') {
    // Quorum queues refuse the flags below, and streams ignore `if-empty`.
    if (counts.messages > 0 || counts.consumers > 0 || counts.isUncertain) {
      throw guardedError(broker, vhost, counts);
    }
    await sendDelete(broker, vhost, name, '');
    return;
  }
  // The broker's `if-empty` looks at ready messages only.
  if (counts.unacknowledged > 0) throw guardedError(broker, vhost, counts);
  try {
    await sendDelete(broker, vhost, name, '?if-empty=true&if-unused=true');
  } catch (error) {
    if (!isBrokerError(error, 'refused') || !/not empty|in use/.test(error.reason ?? '')) throw error;
    const current = (await currentCounts(broker, vhost, name)) ?? counts;
    // The consumers may be too new for the statistics.
    const consumers = Math.max(current.consumers, error.reason?.includes('in use') === true ? 1 : 0);
    throw guardedError(broker, vhost, { ...current, consumers, isUncertain: false });
  }
}

/** What a refusal shows; a classic queue's own figures, since the statistics may be 5 s old. */
async function currentCounts(broker: Broker, vhost: string, name: string): Promise<QueueCounts | undefined> {
  const known = await statistics(broker, vhost, name);
  if (known === undefined || known.messages > 0) return known;
  const action = `count the messages of ${inWords(vhost, name)}`;
  const totalsPath = `queues/${path(vhost)}?disable_stats=true&enable_queue_totals=true`;
  const { json } = await broker.request({ method: 'GET', path: totalsPath, action });
  const entry = records(json).find((candidate) => candidate.name === name);
  const messages = entry?.messages;
  return typeof messages === 'number' ? { ...known, messages, isUncertain: false } : known;
}

async function sendDelete(broker: Broker, vhost: string, name: string, query: string): Promise<void> {
  try {
    await requestInVhost(broker, vhost, {
      method: 'DELETE',
      path: `queues/${path(vhost, name)}${query}`,
      action: `delete ${inWords(vhost, name)}`,
    });
  } catch (error) {
    if (!isBrokerError(error, 'notFound')) throw error;
  }
}

function guardedError(broker: Broker, vhost: string, counts: QueueCounts): BrokerError {
  const approval = `queue ${counts.name}@${vhost}`;
  return new BrokerError({
    kind: 'guarded',
    message:
      `Refused to delete ${inWords(vhost, counts.name)} on ${broker.endpoint}: ${describeCounts(counts)}. ` +
      `Drain it and stop its consumers; or approve the loss with \`${approval}\` (in the setting \`approve\` of the stack, or in the environment variable WARREN_APPROVE).`,
  });
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(json: unknown): QueueObject {
  return {
    kind: 'queue',
    vhost: text(json, 'vhost'),
    name: text(json, 'name'),
    durable: flag(json, 'durable'),
    autoDelete: flag(json, 'auto_delete'),
    arguments: argumentTable(field(json, 'arguments')),
  };
}
