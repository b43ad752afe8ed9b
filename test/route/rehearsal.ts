/** What the simulator makes of a random plan, and what is done to its messages: the same is then done on a broker. */
import type { GetMessage } from 'amqplib';
import type { BrokerObject, FateEvent } from '../../topology/index';
import { afterEvent, copiesOf } from '../../topology/route/copies';
import type { Copy } from '../../topology/route/copies';
import { publish } from '../../topology/route/publish';
import type { Message } from '../../topology/route/publish';
import type { Delivery } from '../../topology/route/route';
import type { RoutedVhost } from '../../topology/route/vhost';
import type { FatePlan } from './fateArbitraries';

export const EVENTS: readonly FateEvent[] = ['expired', 'rejected', 'maxlen', 'delivery-limit'];
export const ROUNDS = 4;
/** Circles on 3.10 that never end, and crowds of copies: nothing that could be compared. */
const MOVES_MAX = 60;

export interface Run {
  readonly plan: FatePlan;
  readonly prefix: string;
  readonly objects: readonly BrokerObject[];
  readonly simulated: RoutedVhost;
  readonly message: Message;
  copies: readonly Copy[];
}

/** What happens to a message in a queue by itself, soon. */
function byItself(vhost: RoutedVhost, queue: string): FateEvent | undefined {
  const { maxLength, ttlMs } = vhost.settingsOf(queue);
  if (maxLength === 0) return 'maxlen';
  return ttlMs !== undefined && ttlMs < 1000 ? 'expired' : undefined;
}

/** Lets happen what happens by itself, and notes it; undefined where that has no end. */
export function settle(vhost: RoutedVhost, copies: readonly Copy[], events: FateEvent[]): Copy[] | undefined {
  const settled: Copy[] = [];
  const moving = [...copies];
  for (let moves = 0; moving.length > 0;) {
    if (moves > MOVES_MAX || moving.length > MOVES_MAX) return undefined;
    const copy = moving.pop();
    if (copy === undefined) break;
    const event = isAt(copy) ? byItself(vhost, copy.delivery.queue) : undefined;
    if (event === undefined) settled.push(copy);
    else {
      moves += 1;
      events.push(event);
      moving.push(...afterEvent(vhost, [copy], event));
    }
  }
  return settled;
}

type PresentCopy = Copy & { readonly delivery: Delivery };

/** Whether a consumer can get it. */
function isAt(copy: Copy): copy is PresentCopy {
  return copy.delivery !== undefined && !copy.isHeld;
}

export function countOfEvent(events: readonly FateEvent[], event: FateEvent): number {
  return events.filter((each) => each === event).length;
}

/** What a round does: a consumer of one queue rejects all its messages, or returns them until the queue gives up. */
export interface Action {
  readonly queue: string;
  readonly event: FateEvent;
  /** How often each message is returned. */
  readonly returns: number;
}

export function actionOf({ plan, simulated, copies }: Run, round: number): Action | undefined {
  const queues = [...new Set(copies.filter(isAt).map(({ delivery }) => delivery.queue))].sort();
  const dice = plan.rounds[round] ?? { queue: 0, event: 'rejected' };
  const queue = queues[dice.queue % Math.max(1, queues.length)];
  if (queue === undefined) return undefined;
  const { type, deliveryLimit } = simulated.settingsOf(queue);
  const canReturn = type === 'quorum' && deliveryLimit !== undefined && deliveryLimit <= 2;
  if (dice.event === 'rejected' || !canReturn) return { queue, event: 'rejected', returns: 0 };
  const counts = copies
    .filter((copy) => copy.delivery?.queue === queue)
    .map((copy) => countOf(simulated, copy));
  // All of a queue are returned equally often.
  if (new Set(counts).size > 1) return { queue, event: 'rejected', returns: 0 };
  return { queue, event: 'delivery-limit', returns: Math.max(1, deliveryLimit + 1 - (counts[0] ?? 0)) };
}

/** How often a message counts as returned when it comes to a queue: from 4.3 on, what it has brought with it. */
function countOf({ target, settingsOf }: RoutedVhost, { past }: Copy): number {
  if (target !== '4.3') return 0;
  return past
    .filter(({ event }) => event === 'delivery-limit')
    .reduce((count, { queue }) => Math.max(count, settingsOf(queue).deliveryLimit ?? 0) + 1, 0);
}

export function afterAction(vhost: RoutedVhost, copies: readonly Copy[], { queue, event }: Action): Copy[] {
  return copies.flatMap((copy) =>
    isAt(copy) && copy.delivery.queue === queue ? afterEvent(vhost, [copy], event) : [copy],
  );
}

/** All that happens in a run from the beginning to the end; undefined where that has no end. */
export function rehearse(run: Run): FateEvent[] | undefined {
  const publication = publish(run.simulated, run.message);
  if (publication.kind !== 'routed') return undefined;
  const events: FateEvent[] = [];
  let copies = settle(run.simulated, copiesOf(publication.routing.deliveries, publication.flight), events);
  for (let round = 0; round < ROUNDS && copies !== undefined; round += 1) {
    const action = actionOf({ ...run, copies }, round);
    if (action === undefined) break;
    events.push(action.event);
    copies = settle(run.simulated, afterAction(run.simulated, copies, action), events);
  }
  return copies === undefined ? undefined : events;
}

/** Queues that the message came to from themselves. */
export function handedToThemselves({ past, delivery, isHeld }: Copy): string[] {
  const passed = [...past.map(({ queue }) => queue), isHeld ? undefined : delivery?.queue];
  return past.map(({ queue }) => queue).filter((queue, index) => passed[index + 1] === queue);
}

/** The same as a text, for comparison: its key and its deaths, most recent first. */
function identity(
  routingKey: string,
  deaths: readonly { readonly queue: string; readonly reason: string }[],
): string {
  return `${routingKey}: ${deaths.map(({ queue, reason }) => `${queue}/${reason.replace('_', '-')}`).join(' ')}`;
}

export function identityOf({ fields, properties }: GetMessage): string {
  const deaths = (properties.headers?.['x-death'] ?? []) as { queue: string; reason: string }[];
  return identity(fields.routingKey, deaths);
}

/** What rests in which queue, as the simulator has it. */
export function resting({ copies }: Run): Map<string, string[]> {
  const byQueue = new Map<string, string[]>();
  for (const { delivery, flight } of copies.filter(isAt)) {
    const text = identity(flight.routingKeys[0] ?? '', flight.deaths);
    byQueue.set(delivery.queue, [...(byQueue.get(delivery.queue) ?? []), text].sort());
  }
  return byQueue;
}
