/** One side of a diff, indexed: which policies apply to what, what counts for a queue, who may reach it. */
import type { Arguments, BrokerObject, ObjectOfKind, PolicyObject, QueueType } from '../objects';
import { patternMatches } from '../patterns/languages';
import { POLICY_KEYS } from '../rules/keys';
import { argumentFate } from '../rules/queueArguments';
import { effectiveDefinition } from '../route/effectiveSettings';
import { policyIndex } from '../route/policies';
import type { IndexedPolicy, PolicyIndex } from '../route/policies';
import { queueSettings } from '../route/queueSettings';
import type { QueueSettings } from '../route/queueSettings';
import { typeArgument, vhostParts } from '../route/vhost';
import type { VhostParts } from '../route/vhost';
import type { Target } from '../target';
import type { Side, SideWorker } from './model';

export interface VhostIndex {
  readonly name: string;
  readonly parts: VhostParts;
  readonly exchanges: ReadonlyMap<string, ObjectOfKind<'exchange'>>;
  /** Exchanges to which something is bound. */
  readonly boundExchanges: ReadonlySet<string>;
  readonly policies: PolicyIndex;
  readonly operatorPolicies: PolicyIndex;
}

export interface SideIndex {
  readonly side: Side;
  readonly target: Target;
  readonly vhosts: ReadonlyMap<string, VhostIndex>;
  /** By vhost. */
  readonly permissions: ReadonlyMap<string, readonly ObjectOfKind<'permissions'>[]>;
  readonly users: ReadonlySet<string>;
}

/** What counts for a queue or an exchange, by the keys of policies. */
export interface Effective {
  readonly definition: Arguments;
  readonly policy?: IndexedPolicy;
  readonly operatorPolicy?: IndexedPolicy;
}

export interface EffectiveQueue extends Effective {
  readonly type: QueueType;
  readonly settings: QueueSettings;
}

/**
 * @param target of the broker: the same for both sides
 * @param others policies of nobody's, which win on both sides alike
 */
export function indexSide(side: Side, target: Target, others: readonly BrokerObject[] = []): SideIndex {
  const vhosts = [...vhostParts([...side.objects, ...others.filter(isPolicy)], target)].map(
    ([name, parts]) =>
      [
        name,
        {
          name,
          parts,
          exchanges: new Map(parts.exchanges.map((exchange) => [exchange.name, exchange])),
          boundExchanges: new Set(parts.bindings.map(({ source }) => source)),
          policies: policyIndex(parts.policies),
          operatorPolicies: policyIndex(parts.operatorPolicies),
        },
      ] as const,
  );
  return {
    side,
    target,
    vhosts: new Map(vhosts),
    permissions: groupByVhost(ofKind(side.objects, 'permissions')),
    users: new Set(ofKind(side.objects, 'user').map(({ name }) => name)),
  };
}

function ofKind<K extends BrokerObject['kind']>(
  objects: readonly BrokerObject[],
  kind: K,
): ObjectOfKind<K>[] {
  return objects.filter((object): object is ObjectOfKind<K> => object.kind === kind);
}

function groupByVhost<O extends { readonly vhost: string }>(objects: readonly O[]): Map<string, O[]> {
  const groups = new Map<string, O[]>();
  for (const object of objects) groups.set(object.vhost, [...(groups.get(object.vhost) ?? []), object]);
  return groups;
}

/** The type of a queue with these arguments. */
export function typeIn(vhost: VhostIndex | undefined, given: Arguments): QueueType {
  return typeArgument(given['x-queue-type']) ?? vhost?.parts.defaultQueueType ?? 'classic';
}

/** What counts for a queue of this name and these arguments, whether or not the side lists it. */
export function effectiveQueue(
  vhost: VhostIndex,
  name: string,
  given: Arguments,
  target: Target,
): EffectiveQueue {
  const type = typeIn(vhost, given);
  return effectiveUnder(given, type, target, {
    policy: vhost.policies.forQueue(name, type),
    operatorPolicy: vhost.operatorPolicies.forQueue(name, type),
  });
}

export function effectiveUnder(
  given: Arguments,
  type: QueueType,
  target: Target,
  winners: {
    readonly policy: IndexedPolicy | undefined;
    readonly operatorPolicy: IndexedPolicy | undefined;
  },
): EffectiveQueue {
  const { policy, operatorPolicy } = winners;
  const sources = {
    arguments: given,
    policy: policy?.definition,
    operatorPolicy: operatorPolicy?.definition,
  };
  const counting = Object.entries(effectiveDefinition(sources)).filter(([key]) => {
    // What only an argument can say is the queue's own, and no setting.
    if (!Object.hasOwn(POLICY_KEYS, key)) return false;
    const fate = argumentFate(`x-${key}`, type, target);
    return fate === undefined || fate === 'counts';
  });
  return {
    type,
    definition: Object.fromEntries(counting),
    settings: queueSettings({ type, ...sources }, target),
    ...(policy === undefined ? {} : { policy }),
    ...(operatorPolicy === undefined ? {} : { operatorPolicy }),
  };
}

/** What an exchange looks at in a policy; the rest is for queues. */
const EXCHANGE_KEYS = [
  'alternate-exchange',
  'federation-upstream',
  'federation-upstream-set',
  'federation-upstream-pattern',
  'shards-per-node',
];

export function effectiveExchange(vhost: VhostIndex, name: string, given: Arguments): Effective {
  const policy = vhost.policies.forExchange(name);
  const values: Arguments = {
    ...policy?.definition,
    ...('alternate-exchange' in given ? { 'alternate-exchange': given['alternate-exchange'] } : {}),
  };
  const counting = Object.entries(values).filter(([key]) => EXCHANGE_KEYS.includes(key));
  return { definition: Object.fromEntries(counting), ...(policy === undefined ? {} : { policy }) };
}

export type Permission = 'configure' | 'write' | 'read';

/** RabbitMQ takes an empty pattern for one that matches nothing. */
export function permits(pattern: string, name: string): boolean {
  return pattern !== '' && patternMatches(pattern, name);
}

/** The users who have one of these permissions for a name. */
export function usersWith(
  side: SideIndex,
  vhost: string,
  name: string,
  wanted: readonly Permission[],
): string[] {
  return (side.permissions.get(vhost) ?? [])
    .filter((each) => wanted.some((permission) => permits(each[permission], name)))
    .map(({ user }) => user);
}

export function workersOf(side: SideIndex, isMeant: (worker: SideWorker) => boolean): string[] {
  return (side.side.workers ?? []).filter(isMeant).map(({ name }) => name);
}

export function isPolicy(object: BrokerObject): object is PolicyObject {
  return object.kind === 'policy' || object.kind === 'operatorPolicy';
}
