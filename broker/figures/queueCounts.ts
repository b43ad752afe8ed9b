/**
 * How many messages a queue holds, as freshly as a management API can say it. Measured on 3.10, 4.0 and 4.3:
 *
 * - A classic queue's own totals are its process's answer, and right at once.
 * - A quorum queue's consumers are right at once, unless it is seconds old. Its messages show up to 9 s late: the queue
 *   reports every 5 s, and the statistics are collected every 5 s. That nothing is ready can be seen by trying to get a
 *   message; one that is there would go to the end of the queue on 4.0, so it is tried only where none shows.
 * - A stream's messages show as late, and nothing else tells.
 *
 * So the late figures count once they are newer than the moment in which the inflow was stopped, or at once where no
 * client is connected to the vhost: then nothing can be unacknowledged. Figures that are missing are never zeros: the
 * statistics may be switched off, or the only node that has the queue be down.
 */
import type { Arguments } from '../../topology/objects';
import { effectiveValue } from '../../topology/route/effectiveSettings';
import type { Loss } from '../guards/approvals';
import type { QueueName } from '../kinds/queues';
import type { Broker } from '../api/transport';
import { requestInVhost } from '../api/access';
import { subjectOfQueue } from '../guards/approvals';
import { readTogether } from '../api/coalesce';
import { isQuiet } from './connections';
import { consumersIn } from './consumers';
import { isBrokerError } from '../api/errors';
import { count, field, flag, getOrAbsent, records, text } from '../api/json';
import { read, readEffectivePolicy } from '../kinds/queues';
import { path } from '../api/transport';

export interface QueueCounts {
  readonly name: string;
  readonly type: string;
  readonly messages: number;
  /** Those that could be delivered now, where that was asked for: others may wait for their delayed retry. */
  readonly ready?: number;
  readonly unacknowledged: number;
  readonly consumers: number;
  /** The broker has no figures (its statistics may be switched off). */
  readonly isUncertain: boolean;
  /** Of a quorum queue: its ready messages are counted just now, not by the statistics. */
  readonly isExact?: boolean;
}

export const SETTLE_MS = 11_000;
export const POLL_MS = 500;
const TOTALS = 'disable_stats=true&enable_queue_totals=true';

export function describeCounts(counts: QueueCounts): string {
  if (counts.isUncertain) {
    const known = counts.consumers > 0 ? `${plural(counts.consumers, 'consumer')}; beyond that, ` : '';
    return `${known}the broker reports no counts for it`;
  }
  const unacknowledged =
    counts.unacknowledged > 0 ? `, ${inThousands(counts.unacknowledged)} of them unacknowledged` : '';
  return `${plural(counts.messages, 'message')}${unacknowledged}, ${plural(counts.consumers, 'consumer')}`;
}

/** Whether something is, or may be, in the queue. */
export function isFull({ messages, unacknowledged, isUncertain }: QueueCounts): boolean {
  return messages > 0 || unacknowledged > 0 || isUncertain;
}

export function plural(amount: number, noun: string): string {
  return `${inThousands(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

function inThousands(amount: number): string {
  return amount.toLocaleString('en-US');
}

/** What the figures say, as late as they are: for a preview, which must not even look into a queue. */
export async function glance(broker: Broker, vhost: string, name: string): Promise<QueueCounts | undefined> {
  const [totals, known] = await Promise.all([totalsOf(broker, vhost, name), statistics(broker, vhost, name)]);
  if (totals?.type !== 'classic') return known;
  return { ...totals, consumers: known?.consumers ?? 0 };
}

/**
 * What can be said at once; undefined where there is no such queue. Good for a refusal. Good for a deletion only of
 * a classic queue, whose consumers the broker itself must be asked for (`if-unused`): here they are missing.
 */
export async function firstLook(
  broker: Broker,
  vhost: string,
  name: string,
): Promise<QueueCounts | undefined> {
  const totals = await totalsOf(broker, vhost, name);
  if (totals === undefined || totals.type === 'classic') return totals;
  const known = await statistics(broker, vhost, name);
  if (known?.type !== 'quorum' || known.messages > 0 || !known.isPeekable) return known;
  const ready = await readyUnlessLeaderless(broker, vhost, name);
  if (ready === undefined) return undefined;
  if (ready === 'leaderless') return { ...known, isUncertain: true };
  // One that is ready is enough to refuse; that none is says nothing of those that are unacknowledged.
  return { ...known, messages: ready, isUncertain: known.isUncertain && ready === 0, isExact: true };
}

async function readyUnlessLeaderless(
  broker: Broker,
  vhost: string,
  name: string,
): Promise<number | 'leaderless' | undefined> {
  try {
    return await readyNow(broker, vhost, name);
  } catch (error) {
    if (isLeaderless(error)) return 'leaderless';
    throw error;
  }
}

/** Who looks into a quorum queue is answered by AMQP's "internal error" where no member answers for the queue. */
export function isLeaderless(error: unknown): boolean {
  return isBrokerError(error, 'refused') && /^541\b/.test(error.reason ?? '');
}

export interface Settling {
  /** Where there are consumers, the rest of the figures may be old. */
  readonly areConsumersEnough?: boolean;
  /** Nobody but us takes messages from the queue: where it has no consumer, none are unacknowledged. */
  readonly isOurs?: boolean;
}

/** For a queue whose inflow was stopped at `sinceMs` (of `performance.now`): figures that are newer than that. */
export async function settledCounts(
  broker: Broker,
  vhost: string,
  name: string,
  sinceMs: number,
  { areConsumersEnough = true, isOurs = false }: Settling = {},
): Promise<QueueCounts | undefined> {
  const first = await firstLook(broker, vhost, name);
  if (first === undefined || first.type === 'classic') return first;
  if (first.consumers > 0 && areConsumersEnough) return first;
  if (first.isExact === true) {
    if (first.messages > 0) return first;
    // The messages of a consumer that goes are ready again at once.
    if (isOurs && first.consumers === 0) return { ...first, isUncertain: false };
    if (await isSurelyEmpty(broker, vhost, first)) return { ...first, isUncertain: false };
  }
  const remainingMs = sinceMs + SETTLE_MS - performance.now();
  if (remainingMs > 0) await broker.pause(remainingMs, `count the messages of queue "${name}"`);
  return latestCounts(broker, vhost, name, areConsumersEnough);
}

/** Nothing is ready in it, and nobody could have what is not. Without statistics, a shovel could. */
async function isSurelyEmpty(broker: Broker, vhost: string, counts: QueueCounts): Promise<boolean> {
  if (counts.isExact !== true || counts.messages > 0) return false;
  if (!(await isQuiet(broker, vhost, { areShovelsSeen: !counts.isUncertain }))) return false;
  return !(await mayHideMessages(broker, { vhost, name: counts.name }));
}

/**
 * Whether messages may be in a quorum queue that are neither ready nor given to anybody: rejected ones that wait for
 * their delayed retry (4.3), and dead letters for a target that doesn't take them. Only the figures tell.
 */
async function mayHideMessages(broker: Broker, { vhost, name }: QueueName): Promise<boolean> {
  const policy = await readEffectivePolicy(broker, vhost, name);
  const table: Arguments = (await read(broker, vhost, name))?.arguments ?? {};
  const sources = { arguments: table, policy, operatorPolicy: undefined };
  const isDelayed = !['undefined', 'disabled'].includes(
    String(effectiveValue('delayed-retry-type', sources)),
  );
  return isDelayed || effectiveValue('dead-letter-strategy', sources) === 'at-least-once';
}

/** Messages that were taken last are still shown for a while: what stays that long is there. */
export async function latestCounts(
  broker: Broker,
  vhost: string,
  name: string,
  areConsumersEnough = true,
): Promise<QueueCounts | undefined> {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const latest = await firstLook(broker, vhost, name);
    if (latest === undefined || performance.now() > deadlineMs) return latest;
    if (latest.consumers > 0 && areConsumersEnough) return latest;
    if (latest.isUncertain && (await isSurelyEmpty(broker, vhost, latest)))
      return { ...latest, isUncertain: false };
    const isStale = latest.type === 'quorum' && latest.isExact !== true && latest.messages > 0;
    if (!isStale && !latest.isUncertain) return latest;
    await broker.pause(POLL_MS, `count the messages of queue "${name}"`);
  }
}

const beganAt = new WeakMap<Broker, number>();

/** When this operation began to count: a queue without inflow of its own waits for no more than that. */
export function beginningOf(broker: Broker): number {
  const began = beganAt.get(broker) ?? performance.now();
  beganAt.set(broker, began);
  return began;
}

/** The counts of every queue in a vhost, fit for its deletion; an absent vhost has none. */
export async function countsOfVhost(broker: Broker, vhost: string): Promise<readonly QueueCounts[]> {
  const sinceMs = beginningOf(broker);
  const counts = await Promise.all(
    (await latestTotalsOfVhost(broker, vhost)).map(async (totals) =>
      (totals.type === 'classic' && !totals.isUncertain) || totals.messages > 0
        ? totals
        : await settledCounts(broker, vhost, totals.name, sinceMs),
    ),
  );
  return counts.filter((entry) => entry !== undefined);
}

/** As `latestCounts`, in one request for all: a vhost isn't refused for messages that were taken a moment ago. */
async function latestTotalsOfVhost(broker: Broker, vhost: string): Promise<readonly QueueCounts[]> {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const totals = await totalsOfVhost(broker, vhost);
    const full = totals.filter((queue) => queue.messages > 0);
    const areStale = full.length > 0 && full.every((queue) => queue.type === 'quorum');
    if (!areStale || performance.now() > deadlineMs) return totals;
    await broker.pause(POLL_MS, `count the messages in vhost "${vhost}"`);
  }
}

/** Whether the messages that show are such that nobody can get. Figures that come late are waited for. */
export async function hasHiddenMessages(
  broker: Broker,
  queue: QueueName,
  { type, messages, consumers, isExact = false }: QueueCounts,
): Promise<boolean> {
  const isInQuestion = type === 'quorum' && messages > 0 && consumers === 0 && !isExact;
  if (!isInQuestion || !(await mayHideMessages(broker, queue))) return false;
  if ((await readyNow(broker, queue.vhost, queue.name)) !== 0) return false;
  const latest = await latestCounts(broker, queue.vhost, queue.name);
  return latest !== undefined && latest.isExact !== true && latest.messages > latest.unacknowledged;
}

interface Statistics extends QueueCounts {
  /** Looking at a message must be possible, and not be what pushes it over the queue's delivery limit. */
  readonly isPeekable: boolean;
}

/** The statistics database's figures. */
export async function statistics(
  broker: Broker,
  vhost: string,
  name: string,
): Promise<Statistics | undefined> {
  const action = `count the messages of queue "${name}" in vhost "${vhost}"`;
  const json = await getOrAbsent(broker, { path: `queues/${path(vhost, name)}`, action });
  if (json === undefined) return undefined;
  return {
    name,
    type: text(json, 'type'),
    messages: count(json, 'messages') ?? 0,
    unacknowledged: count(json, 'messages_unacknowledged') ?? 0,
    consumers: Math.max(count(json, 'consumers') ?? 0, records(field(json, 'consumer_details')).length),
    isUncertain: count(json, 'messages') === undefined,
    isPeekable: deliveriesLeft(json) >= PEEKABLE_LIMIT && !hasSingleActiveConsumer(json),
  };
}

/** A peek counts as one delivery; a queue with fewer allowed than this isn't looked into. */
const PEEKABLE_LIMIT = 5;

/** Quorum queues with one refuse `basic.get` (405), on 3.10 to 4.3. */
function hasSingleActiveConsumer(json: unknown): boolean {
  return flag(field(json, 'arguments'), 'x-single-active-consumer');
}

function deliveriesLeft(json: unknown): number {
  const limits = [
    count(field(json, 'arguments'), 'x-delivery-limit'),
    count(field(json, 'effective_policy_definition'), 'delivery-limit'),
  ].map((limit) => (limit === undefined || limit < 0 ? Infinity : limit));
  return Math.min(...limits);
}

/** The queues of a vhost in which something shows, in three requests whatever their number; absent ones aren't in it. */
export async function namesInUse(broker: Broker, vhost: string): Promise<ReadonlySet<string>> {
  const [totals, consumed] = await Promise.all([totalsOfVhost(broker, vhost), consumersIn(broker, vhost)]);
  const isKnown = (type: string): boolean => consumed !== undefined || type === 'classic';
  const used = totals.filter((counts) => isFull(counts) || !isKnown(counts.type));
  return new Set([...used.map(({ name }) => name), ...(consumed ?? []).map(({ queue }) => queue)]);
}

/**
 * Undefined where there is no such queue. 3.10 gives totals only in lists. Of a queue whose only node is down, 3.10
 * says that there is none, and 4.x answers with HTTP 500: the lists still have it.
 */
async function totalsOf(broker: Broker, vhost: string, name: string): Promise<QueueCounts | undefined> {
  const totals = await ownTotals(broker, vhost, name);
  if (totals !== undefined && (totals.type !== 'classic' || !totals.isUncertain)) return totals;
  const list = await readTogether(broker, `totals of ${vhost}`, () => totalsOfVhost(broker, vhost));
  return list.find((entry) => entry.name === name);
}

async function ownTotals(broker: Broker, vhost: string, name: string): Promise<QueueCounts | undefined> {
  const action = `count the messages of queue "${name}" in vhost "${vhost}"`;
  try {
    const json = await getOrAbsent(broker, { path: `queues/${path(vhost, name)}?${TOTALS}`, action });
    return json === undefined ? undefined : fromTotals(json);
  } catch (error) {
    if (isBrokerError(error, 'unavailable') && error.status === 500) return undefined;
    throw error;
  }
}

/**
 * An absent vhost has none. The list with totals leaves out the queues whose processes don't answer: they hold nobody
 * knows what.
 */
export async function totalsOfVhost(broker: Broker, vhost: string): Promise<readonly QueueCounts[]> {
  const action = `count the messages in vhost "${vhost}"`;
  const listOf = (query: string): Promise<unknown> =>
    getOrAbsent(broker, { path: `queues/${path(vhost)}?${query}`, action });
  const all = records(await listOf('disable_stats=true&columns=name,type')).map(fromTotals);
  const counted = records(await listOf(TOTALS)).map(fromTotals);
  const names = new Set(counted.map(({ name }) => name));
  return [...counted, ...all.filter(({ name }) => !names.has(name))];
}

function fromTotals(entry: unknown): QueueCounts {
  const messages = count(entry, 'messages');
  return {
    name: text(entry, 'name'),
    type: text(entry, 'type'),
    messages: messages ?? 0,
    ready: count(entry, 'messages_ready') ?? messages ?? 0,
    unacknowledged: count(entry, 'messages_unacknowledged') ?? 0,
    consumers: 0,
    isUncertain: messages === undefined,
  };
}

/** Asks for a message and puts it back: the only figure of a quorum queue's messages that is never old. */
export async function readyNow(broker: Broker, vhost: string, name: string): Promise<number | undefined> {
  try {
    const { json } = await requestInVhost(broker, vhost, {
      method: 'POST',
      path: `queues/${path(vhost, name)}/get`,
      body: { count: 1, ackmode: 'ack_requeue_true', encoding: 'base64', truncate: 1 },
      action: `look into queue "${name}" in vhost "${vhost}"`,
      repeatable: true,
    });
    const message = records(json)[0];
    return message === undefined ? 0 : 1 + (count(message, 'message_count') ?? 0);
  } catch (error) {
    if (isBrokerError(error, 'notFound')) return undefined;
    throw error;
  }
}

/** What a token of the operation covers: the queue as it is declared, and how much of it there is. */
export async function lossOf(
  broker: Broker,
  queue: QueueName,
  counts: QueueCounts,
  operation: Loss['operation'],
): Promise<Loss> {
  const { durable, autoDelete, arguments: table } = (await read(broker, queue.vhost, queue.name)) ?? {};
  return {
    operation,
    subject: subjectOfQueue(queue.vhost, queue.name),
    shape: [counts.type, durable ?? null, autoDelete ?? null, table ?? {}],
    messages: counts.isUncertain ? Infinity : counts.messages,
    isInUse: counts.consumers > 0,
  };
}
