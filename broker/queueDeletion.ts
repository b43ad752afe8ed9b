/**
 * Deleting a queue without losing a message that nobody agreed to lose.
 *
 * A classic queue is deleted by the broker itself only while it is empty and unused; what is unacknowledged its own
 * totals say. Quorum queues and streams know no such condition. So their inflow is stopped first: their bindings go to
 * a holding exchange, and come back when the deletion is refused. The default exchange can't be stopped: what is
 * published to the queue by its name between the last look and the deletion is lost with it.
 */
import type { QueueObject } from '../topology/objects';
import type { Approvals, Loss } from './approvals';
import type { QueueCounts } from './queueCounts';
import type { Broker } from './transport';
import { requestInVhost } from './access';
import { howToApprove, subjectOfQueue, verdictOn } from './approvals';
import * as bindings from './bindings';
import { BrokerError, isBrokerError, refusalOf } from './errors';
import { closeHolding, holdingName, isHolding, moveBindings, openHolding } from './holding';
import {
  beginningOf,
  describeCounts,
  firstLook,
  glance,
  latestCounts,
  settledCounts,
  statistics,
} from './queueCounts';
import { read } from './queues';
import { path } from './transport';

export type QueueName = Pick<QueueObject, 'vhost' | 'name'>;

const inWords = ({ vhost, name }: QueueName): string => `queue "${name}" in vhost "${vhost}"`;

/**
 * Deletes the queue, with what an interrupted recreation left of it. Unless approved, only an empty queue that nobody
 * consumes: otherwise `guarded`, with the counts and the way to approve. An absent queue is fine.
 */
export async function removeQueue(
  broker: Broker,
  queue: QueueName,
  options: { readonly approvals: Approvals },
): Promise<void> {
  const { vhost, name } = queue;
  const holding = holdingName('queue', name);
  if (isApprovedByName(queue, options.approvals)) await sendDelete(broker, queue);
  else await removeGuarded(broker, queue, options.approvals);
  if (await isHolding(broker, vhost, holding)) {
    await removeLeftovers(broker, queue, options.approvals);
    await closeHolding(broker, vhost, holding);
  }
}

async function removeGuarded(broker: Broker, queue: QueueName, approvals: Approvals): Promise<void> {
  const beganMs = beginningOf(broker);
  const first = await firstLook(broker, queue.vhost, queue.name);
  if (first === undefined) return;
  const judge = judgeOf(broker, queue, approvals);
  if (first.type === 'classic') await removeClassic(broker, queue, first, judge);
  else await removeOther(broker, queue, first, judge, beganMs);
}

/** Why `removeQueue` would be refused as things are now; undefined where it wouldn't. Nothing is touched. */
export async function refusalToDelete(
  broker: Broker,
  queue: QueueName,
  approvals: Approvals,
): Promise<string | undefined> {
  const counts = await glance(broker, queue.vhost, queue.name);
  if (counts === undefined || isApprovedByName(queue, approvals)) return undefined;
  return refusalOf(() => judgeOf(broker, queue, approvals)(counts));
}

/** Whatever there is: then nothing needs to be counted. */
export function isApprovedByName({ vhost, name }: QueueName, approvals: Approvals): boolean {
  const subject = subjectOfQueue(vhost, name);
  const all = { operation: 'delete', subject, shape: null, messages: Infinity, isInUse: true } as const;
  return verdictOn(all, approvals) === 'approved';
}

/** Throws `guarded` where these counts may not be lost; true where there is something, and its loss was approved. */
type Judge = (counts: QueueCounts, hint?: string) => Promise<boolean>;

function judgeOf(broker: Broker, queue: QueueName, approvals: Approvals): Judge {
  return async (counts, hint = '') => {
    if (isUnused(counts)) return false;
    const loss = await lossOf(broker, queue, counts, 'delete');
    const verdict = verdictOn(loss, approvals);
    if (verdict === 'approved') return true;
    throw new BrokerError({
      kind: 'guarded',
      message:
        `Refused to delete ${inWords(queue)} on ${broker.endpoint}: ${describeCounts(counts)}. ` +
        `${hint}Drain it and stop its consumers; or approve the loss with ${howToApprove(loss, verdict)}`,
    });
  };
}

export function isUnused(counts: QueueCounts): boolean {
  return (
    counts.messages === 0 && counts.unacknowledged === 0 && counts.consumers === 0 && !counts.isUncertain
  );
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

async function removeClassic(
  broker: Broker,
  queue: QueueName,
  first: QueueCounts,
  judge: Judge,
): Promise<void> {
  // The broker's `if-empty` looks at ready messages only.
  const isFull = first.messages > 0 || first.unacknowledged > 0 || first.isUncertain;
  const counts = isFull ? await withConsumers(broker, queue, first) : first;
  if (await judge(counts)) return sendDelete(broker, queue);
  try {
    await sendDelete(broker, queue, { ifEmpty: true, ifUnused: true });
  } catch (error) {
    if (!isBrokerError(error, 'refused') || !/not empty|in use/.test(error.reason ?? '')) throw error;
    const now = await firstLook(broker, queue.vhost, queue.name);
    if (now === undefined) return;
    const known = await withConsumers(broker, queue, now);
    // The consumers may be too new for the statistics.
    const consumers = Math.max(known.consumers, error.reason?.includes('in use') === true ? 1 : 0);
    if (await judge({ ...known, consumers })) return sendDelete(broker, queue);
    throw error;
  }
}

async function withConsumers(broker: Broker, queue: QueueName, counts: QueueCounts): Promise<QueueCounts> {
  const consumers = (await statistics(broker, queue.vhost, queue.name))?.consumers ?? 0;
  return { ...counts, consumers };
}

async function removeOther(
  broker: Broker,
  queue: QueueName,
  first: QueueCounts,
  judge: Judge,
  beganMs: number,
): Promise<void> {
  // What is there is refused before anything is touched.
  const isUsed = first.consumers > 0 || first.messages > 0 || first.isUncertain;
  const known = isUsed ? await latestCounts(broker, queue.vhost, queue.name) : first;
  if (known === undefined) return;
  if (await judge(known, RACE)) return sendDelete(broker, queue);
  const stoppedMs = await stopInflow(broker, queue);
  try {
    const counts = await settledCounts(broker, queue.vhost, queue.name, stoppedMs ?? beganMs);
    if (counts === undefined) return;
    await judge(counts, RACE);
    await sendDelete(broker, queue);
  } catch (error) {
    await restoreInflow(broker, queue);
    throw error;
  }
}

/** Where it matters: the broker deletes such a queue whatever came in since the last look. */
const RACE = 'Stop what publishes to it by its name through the default exchange, too. ';

/** When the inflow was stopped, by `performance.now`; undefined where there was none but by the default exchange. */
async function stopInflow(broker: Broker, queue: QueueName): Promise<number | undefined> {
  const { vhost, name } = queue;
  const bound = await bindings.listTo(broker, { vhost, type: 'queue', name });
  if (bound.length === 0) return undefined;
  await divertInflow(broker, queue, bound);
  return performance.now();
}

/** From the queue to its holding exchange. */
export async function divertInflow(
  broker: Broker,
  { vhost, name }: QueueName,
  bound: readonly bindings.StoredBinding[],
): Promise<void> {
  const holding = holdingName('queue', name);
  await openHolding(broker, vhost, holding);
  await moveBindings(broker, bound, (binding) => ({
    ...binding,
    destination: holding,
    destinationType: 'exchange',
  }));
}

/** Back from its holding exchange to the queue. */
export async function returnInflow(broker: Broker, { vhost, name }: QueueName): Promise<void> {
  const holding = holdingName('queue', name);
  const held = await bindings.listTo(broker, { vhost, type: 'exchange', name: holding });
  await moveBindings(broker, held, (binding) => ({
    ...binding,
    destination: name,
    destinationType: 'queue',
  }));
}

async function restoreInflow(broker: Broker, queue: QueueName): Promise<void> {
  const holding = holdingName('queue', queue.name);
  if (!(await isHolding(broker, queue.vhost, holding))) return;
  await returnInflow(broker, queue);
  // What an interrupted recreation set aside stays there, for `bringBack`.
  if ((await read(broker, queue.vhost, holding)) === undefined)
    await closeHolding(broker, queue.vhost, holding);
}

/** Messages that an interrupted recreation set aside are the queue's, too. */
async function removeLeftovers(broker: Broker, queue: QueueName, approvals: Approvals): Promise<void> {
  const holding = { vhost: queue.vhost, name: holdingName('queue', queue.name) };
  const counts = await settledCounts(broker, holding.vhost, holding.name, performance.now());
  if (counts === undefined) return;
  const judge = judgeOf(broker, queue, approvals);
  const hint = `They were set aside in queue "${holding.name}" by a recreation that was interrupted, which \`up\` finishes. `;
  await judge(counts, hint);
  await sendDelete(broker, holding);
}

export interface DeleteConditions {
  readonly ifEmpty?: boolean;
  readonly ifUnused?: boolean;
}

/** Only classic queues know the conditions. An absent queue is fine. */
export async function sendDelete(
  broker: Broker,
  queue: QueueName,
  { ifEmpty = false, ifUnused = false }: DeleteConditions = {},
): Promise<void> {
  const flags = [...(ifEmpty ? ['if-empty=true'] : []), ...(ifUnused ? ['if-unused=true'] : [])].join('&');
  const query = flags === '' ? '' : `?${flags}`;
  try {
    await requestInVhost(broker, queue.vhost, {
      method: 'DELETE',
      path: `queues/${path(queue.vhost, queue.name)}${query}`,
      action: `delete ${inWords(queue)}`,
    });
  } catch (error) {
    if (!isBrokerError(error, 'notFound')) throw error;
  }
}
