/** A vhost that is on both sides, and the policies in it that change. */
import type { BrokerObject, PolicyObject } from '../objects';
import { identityKey } from '../objects';
import { templateMatches } from '../patterns/template';
import { policyIndex } from '../route/policies';
import type { IndexedPolicy, PolicyIndex } from '../route/policies';
import type { SideFamily } from './model';
import type { ObjectChange } from './objectChanges';
import type { Surroundings } from './queueReasons';
import { isPolicy } from './sideIndex';
import type { SideIndex, VhostIndex } from './sideIndex';

export interface Sides {
  readonly base: SideIndex;
  readonly head: SideIndex;
  /** On the broker, and on neither side. */
  readonly others?: readonly BrokerObject[];
}

export interface ChangedPolicy {
  readonly key: string;
  readonly kind: PolicyObject['kind'];
  readonly before?: PolicyObject;
  readonly after?: PolicyObject;
}

export interface VhostPair {
  readonly sides: Sides;
  readonly base: VhostIndex;
  readonly head: VhostIndex;
  readonly changed: readonly ChangedPolicy[];
  /** The changed policies whose pattern takes the name, before or after. */
  readonly changedFor: (name: string) => readonly ChangedPolicy[];
  readonly unchanged: Readonly<Record<PolicyObject['kind'], PolicyIndex>>;
}

export function pairOf(
  sides: Sides,
  base: VhostIndex,
  head: VhostIndex,
  changes: readonly ObjectChange[],
): VhostPair {
  const changed = changedPolicies(changes, base.name);
  const byVersion = new Map<IndexedPolicy, ChangedPolicy>(
    changed.flatMap((each) =>
      [each.before, each.after].flatMap((version) =>
        version === undefined ? [] : [[version, each] as const],
      ),
    ),
  );
  const versions = policyIndex([...byVersion.keys()]);
  const keys = new Set(changed.map(({ key }) => key));
  const isUnchanged = (policy: PolicyObject): boolean => !keys.has(identityKey(policy));
  return {
    sides,
    base,
    head,
    changed,
    changedFor: (name) => [
      ...new Set(
        versions
          .matching(name)
          .map((version) => byVersion.get(version))
          .filter((each) => each !== undefined),
      ),
    ],
    unchanged: {
      policy: policyIndex(base.parts.policies.filter(isUnchanged)),
      operatorPolicy: policyIndex(base.parts.operatorPolicies.filter(isUnchanged)),
    },
  };
}

function changedPolicies(changes: readonly ObjectChange[], vhost: string): ChangedPolicy[] {
  return changes.flatMap((change): ChangedPolicy[] => {
    const before = 'before' in change ? change.before : undefined;
    const after = 'after' in change ? change.after : undefined;
    const policy = after ?? before;
    if (policy === undefined || !isPolicy(policy) || policy.vhost !== vhost) return [];
    return [
      {
        key: identityKey(policy),
        kind: policy.kind,
        ...(before !== undefined && isPolicy(before) ? { before } : {}),
        ...(after !== undefined && isPolicy(after) ? { after } : {}),
      },
    ];
  });
}

export function familiesOf(side: SideIndex, vhost: string): readonly SideFamily[] {
  return (side.side.families ?? []).filter((family) => family.vhost === vhost);
}

export function surroundingsOf(head: VhostIndex, families: readonly SideFamily[]): Surroundings {
  const { exchanges, boundExchanges: bound, parts, policies } = head;
  const hasAlternate = (name: string): boolean =>
    [exchanges.get(name)?.arguments, policies.forExchange(name)?.definition].some(
      (given) => given !== undefined && 'alternate-exchange' in given,
    );
  return {
    takesMessages: (name) =>
      name === '' ||
      ((name.startsWith('amq.') || exchanges.has(name)) && (bound.has(name) || hasAlternate(name))),
    hasQueue: (name) =>
      parts.queues.has(name) || families.some(({ template }) => templateMatches(template, name)),
  };
}
