/** Everything that can happen to a message in the queues that it reaches, until it rests or is gone. */
import type { FateEvent } from '../model';
import { deadLetter } from './deadLetters';
import type { DeadLettering, Flight } from './deadLetters';
import { possibleEvents } from './queueSettings';
import type { QueueSettings } from './queueSettings';
import type { Delivery } from './route';
import type { RoutedVhost } from './vhost';

export interface QueueFate {
  readonly delivery: Delivery;
  readonly settings: QueueSettings;
  /** How the message may leave, besides being consumed. */
  readonly ways: readonly Way[];
  /** `repeat`: it was in this queue before, and goes round; `cut`: there are too many ways to follow them all. */
  readonly end?: 'repeat' | 'cut';
}

/** Events that have the same consequences. */
export interface Way {
  readonly events: readonly FateEvent[];
  /** Absent: the message is gone. */
  readonly deadLettering?: DeadLettering;
  readonly next: readonly QueueFate[];
}

/** More than anybody reads. */
const QUEUES_MAX = 500;

/** What can happen to a message where it has been delivered. */
export function fatesOf(vhost: RoutedVhost, deliveries: readonly Delivery[], flight: Flight): QueueFate[] {
  const walk: Walk = { vhost, remaining: QUEUES_MAX };
  return deliveries.map((delivery) => fateIn(walk, delivery, flight, new Set()));
}

interface Walk {
  readonly vhost: RoutedVhost;
  remaining: number;
}

function fateIn(walk: Walk, delivery: Delivery, flight: Flight, before: ReadonlySet<string>): QueueFate {
  const { queue } = delivery;
  const settings = walk.vhost.settingsOf(queue);
  const visit = JSON.stringify([queue, flight.routingKeys]);
  if (before.has(visit)) return { delivery, settings, ways: [], end: 'repeat' };
  if (walk.remaining <= 0) return { delivery, settings, ways: [], end: 'cut' };
  walk.remaining -= 1;
  const visited = new Set(before).add(visit);
  const ways = groups(walk.vhost, settings).map(([event, ...others]): Way => {
    const deadLettering = deadLetter(walk.vhost, queue, flight, event);
    const next = (deadLettering?.deliveries ?? []).map((each) =>
      fateIn(walk, each, deadLettering?.flight ?? flight, visited),
    );
    return { events: [event, ...others], ...(deadLettering === undefined ? {} : { deadLettering }), next };
  });
  return { delivery, settings, ways: withoutDoubles(ways) };
}

type EventGroup = readonly [FateEvent, ...FateEvent[]];

/**
 * Events that can't differ in what follows: a rejection alone breaks a circle, and everything else may differ only
 * where an exchange looks at the headers that dead letters have.
 */
function groups({ table }: RoutedVhost, settings: QueueSettings): EventGroup[] {
  const events = possibleEvents(settings);
  if (table.looksAtDeaths) return events.map((event) => [event]);
  const [first, ...others] = events.filter((event) => event !== 'rejected');
  return [
    ...(first === undefined ? [] : [[first, ...others] as const]),
    ...(events.includes('rejected') ? [['rejected'] as const] : []),
  ];
}

function withoutDoubles(ways: readonly Way[]): Way[] {
  const merged: Way[] = [];
  for (const way of ways) {
    const same = merged.findIndex((other) => leadTheSameWay(other, way));
    const known = merged[same];
    if (known === undefined) merged.push(way);
    else merged[same] = { ...known, events: [...known.events, ...way.events] };
  }
  return merged;
}

function leadTheSameWay(a: Way, b: Way): boolean {
  const [x, y] = [a.deadLettering, b.deadLettering];
  return (
    (x === undefined) === (y === undefined) &&
    isSameList(x?.circling ?? [], y?.circling ?? [], (one, other) => one === other) &&
    isSameList(a.next, b.next, isSameFate)
  );
}

function isSameFate(a: QueueFate, b: QueueFate): boolean {
  return (
    a.delivery.queue === b.delivery.queue &&
    a.end === b.end &&
    isSameList(
      a.ways,
      b.ways,
      (x, y) => isSameList(x.events, y.events, (one, other) => one === other) && leadTheSameWay(x, y),
    )
  );
}

function isSameList<T>(a: readonly T[], b: readonly T[], isSame: (x: T, y: T) => boolean): boolean {
  return a.length === b.length && a.every((item, index) => isSame(item, b[index] as T));
}
