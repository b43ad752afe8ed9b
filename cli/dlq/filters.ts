/** Which dead letters are meant: `--filter reason=rejected --filter queue=paid`. */
import type { ConsumeMessage } from 'amqplib';
import { deathsOf, type Death } from '../../broker/amqp/deaths';
import { originOf, type Surroundings } from '../../broker/amqp/origin';
import { UserError } from '../userError';
import { wordTable } from '../../topology/wordTable';

/** A dead letter, as filters, counts and reports see it. */
export interface DeadLetter {
  readonly deaths: readonly Death[];
  /** The last one; undefined where it never died. */
  readonly last: Death | undefined;
  /** Where it came from; undefined where that can't be told. */
  readonly origin: Death | undefined;
}

export function deadLetterIn(message: ConsumeMessage, around: Surroundings): DeadLetter {
  const deaths = deathsOf(message.properties.headers ?? {});
  return { deaths, last: deaths[0], origin: originOf(deaths, around) };
}

export type Filter = (message: ConsumeMessage, dead: DeadLetter) => boolean;

const KEYS = wordTable<(message: ConsumeMessage, dead: DeadLetter) => string | undefined>({
  // RabbitMQ writes both delivery_limit and delivery-limit.
  reason: (_, { last }) => last?.reason.replaceAll('_', '-'),
  queue: (_, { origin, last }) => (origin ?? last)?.queue,
  key: (_, { origin, last }) => (origin ?? last)?.routingKeys[0],
  id: ({ properties }) => properties.messageId as string | undefined,
});

/** Of one key any value will do; all keys must. @throws UserError */
export function filterOf(texts: readonly string[]): Filter {
  const wanted = new Map<string, Set<string>>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const key = text.slice(0, Math.max(0, at));
    if (!Object.hasOwn(KEYS, key)) {
      throw new UserError(
        `--filter "${text}" is none: it is KEY=VALUE, and KEY one of ${Object.keys(KEYS).join(', ')}; e.g. --filter reason=expired`,
      );
    }
    const value = key === 'reason' ? reasonOf(text, text.slice(at + 1)) : text.slice(at + 1);
    wanted.set(key, (wanted.get(key) ?? new Set()).add(value));
  }
  return (message, dead) =>
    [...wanted].every(([key, values]) => values.has(KEYS[key]?.(message, dead) ?? ''));
}

const REASONS = ['rejected', 'expired', 'maxlen', 'delivery-limit'];

function reasonOf(text: string, value: string): string {
  const reason = value.replaceAll('_', '-');
  if (REASONS.includes(reason)) return reason;
  throw new UserError(
    `--filter "${text}": no message dies by that. The reasons that RabbitMQ writes: ${REASONS.join(', ')}`,
  );
}
