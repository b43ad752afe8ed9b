/** Which policy applies to an object, and what it and the operator policy make of one key, as RabbitMQ decides it. */
import { compareNames } from '../names';
import type { Arguments, ArgumentValue, PolicyApplyTo, PolicyObject, QueueType } from '../objects';
import { patternMatches } from '../patterns/languages';
import { literalNames } from '../patterns/literals';
import { appliesToType } from '../resolve';

export type IndexedPolicy = Pick<PolicyObject, 'name' | 'pattern' | 'applyTo' | 'priority' | 'definition'>;

export interface PolicyIndex {
  readonly forQueue: (name: string, type: QueueType) => IndexedPolicy | undefined;
  readonly forExchange: (name: string) => IndexedPolicy | undefined;
  /** All whose pattern takes the name, whatever they apply to. */
  readonly matching: (name: string) => readonly IndexedPolicy[];
}

/** Indexes policies, or operator policies, of one vhost: most of them spell out the names that they are for. */
export function policyIndex(policies: readonly IndexedPolicy[]): PolicyIndex {
  const byName = new Map<string, IndexedPolicy[]>();
  const searched: IndexedPolicy[] = [];
  for (const policy of policies) {
    const names = literalNames(policy.pattern);
    if (names === undefined) searched.push(policy);
    for (const name of names ?? []) {
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [policy]);
      else known.push(policy);
    }
  }
  searched.sort(byPriority);
  const winner = (name: string, isFor: (applyTo: PolicyApplyTo) => boolean): IndexedPolicy | undefined => {
    const named = (byName.get(name) ?? []).filter(({ applyTo }) => isFor(applyTo));
    const found = searched.find(({ applyTo, pattern }) => isFor(applyTo) && patternMatches(pattern, name));
    return [...named, ...(found === undefined ? [] : [found])].sort(byPriority)[0];
  };
  return {
    forQueue: (name, type) => winner(name, (applyTo) => appliesToType(applyTo, type)),
    forExchange: (name) => winner(name, appliesToExchanges),
    matching: (name) => [
      ...(byName.get(name) ?? []),
      ...searched.filter(({ pattern }) => patternMatches(pattern, name)),
    ],
  };
}

export function appliesToExchanges(applyTo: PolicyApplyTo): boolean {
  return applyTo === 'all' || applyTo === 'exchanges';
}

/** Highest priority first; equal ones by name: the rules have refused those that differ. */
export function byPriority(a: IndexedPolicy, b: IndexedPolicy): number {
  return b.priority - a.priority || compareNames(a.name, b.name);
}

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
