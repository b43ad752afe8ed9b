/** Which policy applies to an object, as RabbitMQ decides it. */
import { compareNames } from '../names';
import type { PolicyApplyTo, PolicyObject, QueueType } from '../objects';
import { patternMatches } from '../patterns/languages';
import { literalNames } from '../patterns/literals';
import { appliesToType } from '../resolve/index';

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
