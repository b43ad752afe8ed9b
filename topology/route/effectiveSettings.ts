/** What arguments, policy and operator policy together make of one key, as RabbitMQ decides it. */
import { compareNames } from '../names';
import type { Arguments, ArgumentValue } from '../objects';

/** Limits, of which the lower counts, wherever they come from. */
const LOWER_COUNTS = ['message-ttl', 'max-length', 'max-length-bytes', 'expires', 'delivery-limit'];

/** What a queue is told by its arguments and the policies that apply to it. */
export interface SettingSources {
  readonly arguments: Arguments;
  readonly policy: Arguments | undefined;
  readonly operatorPolicy: Arguments | undefined;
}

/** Every key that counts for a queue, in the words of policies, sorted. */
export function effectiveDefinition(sources: SettingSources): Arguments {
  const ofArguments = Object.keys(sources.arguments).flatMap((key) =>
    key.startsWith('x-') ? [key.slice(2)] : [],
  );
  const ofPolicies = [sources.policy, sources.operatorPolicy].flatMap((table) => Object.keys(table ?? {}));
  const entries = [...new Set([...ofArguments, ...ofPolicies])].sort(compareNames).flatMap((key) => {
    const value = effectiveValue(key, sources);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

/** The value that counts of those that a queue's arguments, its policy and its operator policy give for a key. */
export function effectiveValue(key: string, sources: SettingSources): ArgumentValue | undefined {
  const [argument, policy, operator] = [
    sources.arguments[`x-${key}`],
    sources.policy?.[key],
    sources.operatorPolicy?.[key],
  ];
  if (!LOWER_COUNTS.includes(key)) return argument ?? operator ?? policy;
  const limits = [argument, policy, operator].filter((value) => typeof value === 'number');
  return limits.length === 0 ? undefined : limits.reduce(lower);
}

/** A delivery limit of -1 is none: any other counts beside it. */
function lower(a: number, b: number): number {
  return a < 0 || b < 0 ? Math.max(a, b) : Math.min(a, b);
}
