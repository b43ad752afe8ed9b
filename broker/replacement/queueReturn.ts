/** The second half of recreating a queue: what was set aside comes back. The first half is in queueReplacement.ts. */
import type { QueueObject } from '../../topology/objects';
import { effectiveValue } from '../../topology/route/effectiveSettings';
import type { StoredBinding } from '../kinds/bindings';
import type { Move } from './messageMover';
import type { Broker } from '../api/transport';
import type { Approvals } from '../guards/approvals';
import { isApprovedByName, subjectOfQueue } from '../guards/approvals';
import * as bindings from '../kinds/bindings';
import { BrokerError } from '../api/errors';
import * as exchanges from '../kinds/exchanges';
import { closeHolding, holdingName, isHolding } from './holding';
import { unprotectHolding } from './holdingPolicies';
import { canMove, drain, lookAt, moveAndDelete, stopMove } from './messageMover';
import { describeCounts, firstLook } from '../figures/queueCounts';
import { returnInflow } from './queueInflow';
import * as queues from '../kinds/queues';
import type { QueueName } from '../kinds/queues';
import { lengthMisfit } from './replacementFit';

/** Once the new queue is declared. Nothing to do where nothing was set aside. */
export async function bringBack(broker: Broker, queue: QueueObject): Promise<void> {
  const { vhost, name } = queue;
  const holding = holdingName('queue', name);
  if (!(await isHolding(broker, vhost, holding))) return;
  const held = await queues.read(broker, vhost, holding);
  if (held === undefined) {
    await returnInflow(broker, queue);
  } else {
    await stopMove(broker, wayOut(queue));
    await refuseIfFull(broker, queue, holding);
    const back = await wayBack(broker, queue, holding);
    // The older messages first: what comes in meanwhile waits behind them.
    if (await canMove(broker)) await drain(broker, back);
    await returnInflow(broker, queue);
    await removeHoldingQueue(broker, held, back);
  }
  await unprotectHolding(broker, vhost, holding);
  await exchanges.remove(broker, vhost, holdingName('return', name));
  await closeHolding(broker, vhost, holding);
}

/**
 * Before the new queue is declared: `guarded` where it would drop what an interrupted recreation set aside. In a
 * recreation that isn't interrupted the first half has judged that already.
 */
export async function judgeReturn(broker: Broker, queue: QueueObject, approvals: Approvals): Promise<void> {
  const { vhost, name } = queue;
  const holding = holdingName('queue', name);
  const isJudged = judged.get(broker)?.has(subjectOfQueue(vhost, name)) === true;
  if (isJudged || isApprovedByName(queue, approvals) || !(await isHolding(broker, vhost, holding))) return;
  const held = await firstLook(broker, vhost, holding);
  if (held === undefined || held.messages === 0) return;
  const obstacle = await lengthMisfit(broker, { vhost, name: holding }, queue, held.messages);
  if (obstacle === undefined) return;
  throw new BrokerError({
    kind: 'guarded',
    message:
      `Refused to finish recreating queue "${name}" in vhost "${vhost}" on ${broker.endpoint}: ${describeCounts(held)} were set aside in queue "${holding}" by a run that was interrupted, and ${obstacle}. ` +
      `Raise that limit, and run it again: they come back; or approve the loss with \`${subjectOfQueue(vhost, name)}\`.`,
  });
}

const judged = new WeakMap<Broker, Set<string>>();

/** The first half has seen that the new queue takes what is set aside, or that its loss is approved. */
export function noteJudged(broker: Broker, { vhost, name }: QueueName): void {
  const subjects = judged.get(broker) ?? new Set();
  judged.set(broker, subjects.add(subjectOfQueue(vhost, name)));
}

/**
 * A full queue that rejects what is published would reject what is moved into it, over and over; with
 * `reject-publish-dlx` each attempt leaves a dead letter.
 */
async function refuseIfFull(broker: Broker, queue: QueueObject, holding: string): Promise<void> {
  const { vhost, name } = queue;
  const policy = await queues.readEffectivePolicy(broker, vhost, name);
  const sources = { arguments: queue.arguments, policy, operatorPolicy: undefined };
  const overflow = effectiveValue('overflow', sources);
  if (typeof overflow !== 'string' || !overflow.startsWith('reject-publish')) return;
  const limit = effectiveValue('max-length', sources);
  const lengthMax = typeof limit === 'number' ? limit : Infinity;
  const [held, present] = [await firstLook(broker, vhost, holding), await lookAt(broker, queue)];
  const fits = (held?.messages ?? 0) + (present?.messages ?? 0) <= lengthMax;
  const isDrained = overflow === 'reject-publish' && (present?.consumers ?? 0) > 0;
  if (held === undefined || fits || isDrained) return;
  const wayOn =
    overflow === 'reject-publish'
      ? 'Start its consumers, or raise max-length for that time'
      : 'Raise max-length for that time';
  throw new BrokerError({
    kind: 'guarded',
    message:
      `Cannot finish recreating queue "${name}" in vhost "${vhost}" on ${broker.endpoint}: ${describeCounts(held)} wait in its holding queue "${holding}", and it takes ${lengthMax.toLocaleString('en-US')} in all and rejects the rest (max-length, ${overflow}). ` +
      `${wayOn}, and run it again.`,
  });
}

/** What an interrupted recreation set aside goes, messages as well. Its shovels are to be stopped before. */
export async function discardSetAside(broker: Broker, { vhost, name }: QueueName): Promise<void> {
  const holding = holdingName('queue', name);
  await queues.remove(broker, { vhost, name: holding });
  await unprotectHolding(broker, vhost, holding);
  await exchanges.remove(broker, vhost, holdingName('return', name));
  await closeHolding(broker, vhost, holding);
}

/** A shovel makes the queue that it reads from anew where that is deleted. */
export async function stopBothWays(broker: Broker, { vhost, name }: QueueName): Promise<void> {
  const holding = holdingName('queue', name);
  await stopMove(broker, wayOut({ vhost, name }));
  await stopMove(broker, { vhost, shovel: holdingName('return', name), from: holding, to: { queue: name } });
}

/** How the messages leave the queue. Two shovels that work against each other would never end. */
export function wayOut({ vhost, name }: QueueName): Move {
  const holding = holdingName('queue', name);
  return { vhost, shovel: holding, from: name, to: { exchange: holding } };
}

async function removeHoldingQueue(broker: Broker, held: QueueObject, back: Move): Promise<void> {
  const type = held.arguments['x-queue-type'] === 'quorum' ? 'quorum' : 'classic';
  const attempt = { type, mayInterrupt: false, sinceMs: performance.now(), isOurs: true };
  const obstacle = await moveAndDelete(broker, back, attempt);
  if (obstacle === undefined) return;
  throw new BrokerError({
    kind: 'guarded',
    message:
      `Cannot finish recreating a queue in vhost "${held.vhost}" on ${broker.endpoint}: its holding queue "${held.name}" is still in use (${describeCounts(obstacle)}). ` +
      'Nothing but Warren should use it: stop its consumers, and run it again.',
  });
}

/**
 * Where the routing key tells a consumer something, it is kept, and the exchange that the consumer sees is one of
 * ours. Where it can't (one key leads to the queue), the messages come by the default exchange, as if they were
 * published to the queue: an exchange that a consumer may answer to, as Celery's retries do.
 */
async function wayBack(broker: Broker, queue: QueueObject, holding: string): Promise<Move> {
  const { vhost, name } = queue;
  const shovel = holdingName('return', name);
  const bound = await Promise.all([
    bindings.listTo(broker, { vhost, type: 'queue', name }),
    bindings.listTo(broker, { vhost, type: 'exchange', name: holding }),
  ]);
  const inflow = bound.flat().filter(({ source }) => source !== shovel);
  if (!(await areKeysTelling(broker, vhost, inflow))) {
    return { vhost, shovel, from: holding, to: { queue: name } };
  }
  const exchange = { vhost, name: shovel, type: 'fanout', durable: true, autoDelete: false, internal: false };
  await exchanges.put(broker, { kind: 'exchange', ...exchange, arguments: {} });
  const binding = { kind: 'binding', vhost, source: shovel, destination: name, routingKey: '' } as const;
  await bindings.put(broker, { ...binding, destinationType: 'queue', arguments: {} });
  return { vhost, shovel, from: holding, to: { exchange: shovel } };
}

async function areKeysTelling(
  broker: Broker,
  vhost: string,
  inflow: readonly StoredBinding[],
): Promise<boolean> {
  if (inflow.length === 0) return false;
  const types = new Map((await exchanges.list(broker, vhost)).map(({ name, type }) => [name, type]));
  const isFixed = ({ source, routingKey }: StoredBinding): boolean => {
    const type = types.get(source);
    return type === 'direct' || (type === 'topic' && !/[*#]/.test(routingKey));
  };
  return !inflow.every(isFixed) || new Set(inflow.map(({ routingKey }) => routingKey)).size > 1;
}
