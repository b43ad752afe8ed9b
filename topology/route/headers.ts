/** How a headers exchange compares the arguments of a binding with the headers of a message. */
import type { ArgumentValue, Arguments } from '../objects';
import { isAtLeast } from '../target';
import type { Target } from '../target';

/** AMQP tells integers from doubles: a whole number is an integer here, and `{ double: 5 }` the double 5.0. */
export type HeaderValue = string | number | boolean | null | { readonly double: number };
export type Headers = Readonly<Record<string, HeaderValue>>;

/** What one argument of a binding asks of a message. */
export interface HeaderCondition {
  readonly name: string;
  readonly expected: ArgumentValue;
  readonly isMet: boolean;
}

/** Whether a binding of a headers exchange takes a message with these headers. */
export function headersMatch(binding: Arguments, headers: Headers, target: Target): boolean {
  const conditions = headerConditions(binding, headers, target);
  return matchMode(binding).startsWith('any')
    ? conditions.some(({ isMet }) => isMet)
    : conditions.every(({ isMet }) => isMet);
}

/** What counts of a binding, argument by argument. */
export function headerConditions(binding: Arguments, headers: Headers, target: Target): HeaderCondition[] {
  return countingArguments(binding).map(([name, expected]) => ({
    name,
    expected,
    isMet: Object.hasOwn(headers, name) && isEqual(expected, headers[name] ?? null, target),
  }));
}

/** The arguments that a message's headers are compared with. */
export function countingArguments(binding: Arguments): [string, ArgumentValue][] {
  const countsPrivate = matchMode(binding).endsWith('-with-x');
  return Object.entries(binding).filter(([name]) =>
    countsPrivate ? name !== 'x-match' : !name.startsWith('x-'),
  );
}

/** `all` where the binding doesn't say. */
export function matchMode(binding: Arguments): string {
  const mode = binding['x-match'];
  return typeof mode === 'string' ? mode : 'all';
}

function isEqual(expected: ArgumentValue, value: HeaderValue, target: Target): boolean {
  if (typeof expected !== 'number') return expected === value;
  if (typeof value === 'number') return expected === value;
  if (typeof value !== 'object' || value === null) return false;
  // Up to 3.12 all numbers are one kind; since then 5 is not 5.0.
  const isComparable = !Number.isInteger(expected) || !isAtLeast(target, '3.13');
  return isComparable && expected === value.double;
}
