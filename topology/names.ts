/** Names that RabbitMQ gives, and words about names for messages. */
import { distance } from 'fastest-levenshtein';

/** The default exchange, as RabbitMQ's permissions call it. */
export const DEFAULT_EXCHANGE = 'amq.default';

/** Exchanges that RabbitMQ itself declares in every vhost. */
export const PREDECLARED_EXCHANGES: readonly string[] = [
  'amq.direct',
  'amq.fanout',
  'amq.headers',
  'amq.match',
  'amq.topic',
  'amq.rabbitmq.trace',
];

/** Of what stands in for a queue or an exchange while it is recreated or deleted. */
export const HOLDING_PREFIX = 'warren.holding.';

/** The known name that somebody most likely meant; undefined when none is close. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const differencesMax = Math.max(1, Math.min(3, Math.floor(name.length / 3)));
  let best: { readonly name: string; readonly differences: number } | undefined;
  for (const candidate of known) {
    const differences = distance(name.toLowerCase(), candidate.toLowerCase());
    if (differences <= differencesMax && (best === undefined || differences < best.differences)) {
      best = { name: candidate, differences };
    }
  }
  return best?.name;
}

/** `'a', 'b' and 2 more`: names in quotes, shortened where they are many. */
export function quoteList(names: readonly string[], shownMax = 12): string {
  const shown = names.slice(0, shownMax).map((name) => `'${name}'`);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** By UTF-16 code units: the same order on every machine, whatever its language. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `Did you mean "x"?`, or what is there to choose from. */
export function suggestion(name: string, known: readonly string[], what: string): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  if (known.length === 0) return `No ${what} is defined here: add it first.`;
  return `Define it, or use one of ${quoteList([...known].sort(compareNames))}.`;
}

/** One word for a POSIX shell, quoted only where it must be. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** For the beginning of a sentence. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `an exchange`, `a queue`; no noun of the language is spoken otherwise than it is written. */
export function withArticle(noun: string): string {
  return `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
