/** The copies of one message, and what an event does to each of them. */
import type { FateEvent } from '../model';
import { deadLetter } from './deadLetters';
import type { Flight } from './deadLetters';
import { possibleEvents } from './queueSettings';
import type { Delivery } from './route';
import type { RoutedVhost } from './vhost';

export interface Copy {
  /** Where it is; absent: it is gone. */
  readonly delivery?: Delivery;
  /** Dead, but kept by its queue, which can't hand it on (at-least-once): nothing more happens to it. */
  readonly isHeld: boolean;
  readonly flight: Flight;
  /** Where it was before, and why it left. */
  readonly past: readonly { readonly queue: string; readonly event: FateEvent }[];
}

export function copiesOf(deliveries: readonly Delivery[], flight: Flight): Copy[] {
  return deliveries.map((delivery) => ({ delivery, isHeld: false, flight, past: [] }));
}

/** Whether an event can happen to a copy where it is. */
export function canHappen(vhost: RoutedVhost, { delivery, isHeld }: Copy, event: FateEvent): boolean {
  return (
    delivery !== undefined && !isHeld && possibleEvents(vhost.settingsOf(delivery.queue)).includes(event)
  );
}

/** What an event makes of the copies: it happens to each to which it can, and the others stay where they are. */
export function afterEvent(vhost: RoutedVhost, copies: readonly Copy[], event: FateEvent): Copy[] {
  return copies.flatMap((copy) => (canHappen(vhost, copy, event) ? moved(vhost, copy, event) : [copy]));
}

function moved(vhost: RoutedVhost, copy: Copy, event: FateEvent): Copy[] {
  const { delivery, flight } = copy;
  if (delivery === undefined) return [copy];
  const past = [...copy.past, { queue: delivery.queue, event }];
  const letter = deadLetter(vhost, delivery.queue, flight, event);
  if (letter === undefined) return [{ isHeld: false, flight, past }];
  if (letter.deliveries.length === 0) {
    const isHeld = letter.guarantee === 'at-least-once';
    return [{ ...(isHeld ? { delivery } : {}), isHeld, flight: letter.flight, past }];
  }
  return letter.deliveries.map((next) => ({ delivery: next, isHeld: false, flight: letter.flight, past }));
}
