/** The values that RabbitMQ takes for policy keys and arguments. */
import type { ArgumentValue } from '../objects';
import { isAtLeast } from '../target';
import type { Target } from '../target';

export type ValueKind =
  | 'count'
  | 'positive'
  | 'limit'
  | 'text'
  | 'flag'
  | 'age'
  | 'any'
  | { readonly oneOf: readonly (string | number)[] }
  | { readonly min: number; readonly max: number };

const VALUE_WORDS = {
  count: 'a whole number, 0 or more',
  positive: 'a whole number over 0',
  limit: 'a whole number, 0 or more, or -1 for no limit (RabbitMQ 4.0 and later)',
  text: 'text',
  flag: 'true or false',
  age: 'text with a unit, e.g. 7D or 12h (Y, M, D, h, m, s)',
  any: 'a value',
} as const;

/** What a value of this kind must be, in words; undefined if it is right. */
export function valueFault(kind: ValueKind, value: ArgumentValue, target: Target): string | undefined {
  if (isRight(kind, value, target)) return undefined;
  if (typeof kind === 'string') return VALUE_WORDS[kind];
  if ('oneOf' in kind) return `one of ${kind.oneOf.join(', ')}`;
  return `a whole number from ${kind.min} to ${kind.max}`;
}

function isRight(kind: ValueKind, value: ArgumentValue, target: Target): boolean {
  const isInteger = (min: number, max = Infinity): boolean =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
  if (typeof kind !== 'string') {
    return 'oneOf' in kind ? kind.oneOf.some((each) => each === value) : isInteger(kind.min, kind.max);
  }
  switch (kind) {
    case 'count':
      return isInteger(0);
    case 'positive':
      return isInteger(1);
    case 'limit':
      return isInteger(isAtLeast(target, '4.0') ? -1 : 0);
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'age':
      return typeof value === 'string' && /^0*[1-9]\d*[YMDhms]$/.test(value);
    case 'any':
      return true;
  }
}
