/**
 * What a message remembers of its deaths (`x-death`), and when RabbitMQ takes it for one that goes round in circles.
 * Measured on 3.10, 4.0 and 4.3.
 */
import { isAtLeast } from '../target';
import type { Target } from '../target';
import type { FateEvent } from '../model';
import type { Headers } from './headers';

export interface Death {
  readonly queue: string;
  readonly reason: FateEvent;
}

/** Most recent first, as far as the broker's bookkeeping is right. One entry for each queue and reason. */
export type Deaths = readonly Death[];

export function recordDeath(deaths: Deaths, death: Death, target: Target): Deaths {
  // Up to 3.12, x-death is turned round each time that it is written.
  const earlier = isAtLeast(target, '3.13') ? deaths : deaths.toReversed();
  const others = earlier.filter(({ queue, reason }) => queue !== death.queue || reason !== death.reason);
  return [death, ...others];
}

/** Whether RabbitMQ keeps a dead letter from a queue, because it was there before and no rejection came in between. */
export function isCircling(queue: string, deaths: Deaths): boolean {
  const last = deaths.findIndex((death) => death.queue === queue);
  return last >= 0 && deaths.slice(0, last + 1).every(({ reason }) => reason !== 'rejected');
}

/** The headers with what a death adds to them, besides `x-death` itself. */
export function headersAfterDeath(
  headers: Headers,
  death: Death & { readonly exchange: string },
  isFirst: boolean,
  target: Target,
): Headers {
  const { queue, exchange } = death;
  const reason = death.reason.replace('-', '_');
  const named = (which: string): Headers => ({
    [`x-${which}-death-queue`]: queue,
    [`x-${which}-death-reason`]: reason,
    [`x-${which}-death-exchange`]: exchange,
  });
  return {
    ...headers,
    ...(isFirst ? named('first') : {}),
    ...(isAtLeast(target, '3.13') ? named('last') : {}),
  };
}
