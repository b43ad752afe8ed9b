/**
 * What the topology means on its target: each queue's type, how `replicated` is met, and the one effective policy
 * definition of every queue and family. The rules judge it, the compiler writes it down.
 */
import { MIRRORING, mergeDefinitions, settingsDefinition } from './policyDefinitions';
import type { Family, Policy, Queue, Topology, Vhost } from '../model';
import { canonicalJson } from '../objects';
import type { Arguments, PolicyApplyTo, QueueType } from '../objects';
import { comparePatterns, patternMatches } from '../patterns/languages';
import { templateMatches, templateRegex } from '../patterns/template';
import { resolveFamilyReplication, resolveQueueType, vhostDefaultType } from './replication';
import type { Replication } from './replication';
import type { Target } from '../target';

export interface ResolvedQueue {
  readonly queue: Queue;
  readonly type: QueueType;
  readonly replication: Replication;
  /** What the queue itself asks of a policy. Empty: a family's or an explicit policy is enough. */
  readonly ownDefinition: Arguments;
  /** What the queue's one winning policy must say: explicit policies, under its family, under its own settings. */
  readonly definition: Arguments;
  readonly families: readonly ResolvedFamily[];
}

export interface ResolvedFamily {
  readonly family: Family;
  readonly replication: Replication;
  readonly definition: Arguments;
  /** Explicit policies that would win for some of the family's names only, and with another result. */
  readonly splitBy: readonly { readonly policy: Policy; readonly example?: string }[];
}

export interface ResolvedVhost {
  readonly vhost: Vhost;
  /** As RabbitMQ will have it: from the topology, or because a replicated family needs it. */
  readonly defaultQueueType: QueueType | undefined;
  readonly queues: readonly ResolvedQueue[];
  readonly families: readonly ResolvedFamily[];
}

export interface ResolvedTopology {
  readonly topology: Topology;
  readonly vhosts: readonly ResolvedVhost[];
}

/** Resolves a topology for its target. Never fails: what can't be done is in the `replication` and `splitBy` fields. */
export function resolveTopology(topology: Topology): ResolvedTopology {
  return { topology, vhosts: topology.vhosts.map((vhost) => resolveVhost(vhost, topology.target)) };
}

function resolveVhost(vhost: Vhost, target: Target): ResolvedVhost {
  const defaultQueueType = vhostDefaultType(vhost, target);
  const families = vhost.families.map((family) => resolveFamily(family, vhost, target));
  const queues = vhost.queues.map((queue) => resolveQueue(queue, vhost, families, target));
  return { vhost, defaultQueueType, families, queues };
}

function resolveQueue(
  queue: Queue,
  vhost: Vhost,
  families: readonly ResolvedFamily[],
  target: Target,
): ResolvedQueue {
  const { type, replication } = resolveQueueType(queue, vhost, target);
  const ownDefinition = withMirroring(settingsDefinition(queue.settings, target), replication);
  const matching = families.filter(({ family }) => templateMatches(family.template, queue.name));
  const winner = winningPolicy(vhost.policies, queue.name, type);
  const [family] = matching;
  const inherited = mergeDefinitions(winner?.definition ?? {}, family?.definition ?? {});
  return {
    queue,
    type,
    replication,
    ownDefinition,
    definition: mergeDefinitions(inherited, ownDefinition),
    families: matching,
  };
}

/** The explicit policy that RabbitMQ would choose: of those that match, the one with the highest priority. */
export function winningPolicy(
  policies: readonly Policy[],
  queueName: string,
  type: QueueType,
): Policy | undefined {
  const matching = policies.filter(
    ({ pattern, applyTo }) => appliesToType(applyTo, type) && patternMatches(pattern, queueName),
  );
  return byPriority(matching)[0];
}

/** Whether a policy for these kinds of objects covers queues of a type. */
export function appliesToType(applyTo: PolicyApplyTo, type: QueueType): boolean {
  if (applyTo === 'all' || applyTo === 'queues') return true;
  return applyTo === (type === 'stream' ? 'streams' : `${type}_queues`);
}

function resolveFamily(family: Family, vhost: Vhost, target: Target): ResolvedFamily {
  const replication = resolveFamilyReplication(family, vhost, target);
  const own = withMirroring(settingsDefinition(family.settings, target), replication);
  const splitBy: { policy: Policy; example?: string }[] = [];
  const candidates = byPriority(vhost.policies.filter(({ applyTo }) => applyTo !== 'exchanges'));
  const partial: { policy: Policy; example?: string }[] = [];
  let winner: Policy | undefined;
  for (const policy of candidates) {
    const coverage = policyCoverage(policy, family);
    if (coverage.kind === 'all') {
      winner = policy;
      break;
    }
    if (coverage.kind === 'some') partial.push({ policy, ...coverage.example });
  }
  const definition = mergeDefinitions(winner?.definition ?? {}, own);
  for (const { policy, ...example } of partial) {
    const other = mergeDefinitions(policy.definition, own);
    if (canonicalJson(other) !== canonicalJson(definition)) splitBy.push({ policy, ...example });
  }
  return { family, replication, definition, splitBy };
}

type Coverage =
  | { readonly kind: 'all' | 'none' }
  | { readonly kind: 'some'; readonly example: { readonly example?: string } };

/** Whether a policy applies to all, none or some queues of a family; where that can't be decided, to some. */
function policyCoverage(policy: Policy, family: Family): Coverage {
  const comparison = comparePatterns(policy.pattern, templateRegex(family.template));
  if (comparison === undefined) return { kind: 'some', example: {} };
  const { both, onlyB } = comparison;
  if (both === undefined) return { kind: 'none' };
  // The application chooses the type of its queues: a policy for one type covers an unknown part of them.
  const coversEveryType = policy.applyTo === 'all' || policy.applyTo === 'queues';
  return onlyB === undefined && coversEveryType
    ? { kind: 'all' }
    : { kind: 'some', example: { example: both } };
}

/** Highest priority first; equal ones by name, so that the result doesn't depend on the order in the file. */
function byPriority(policies: readonly Policy[]): Policy[] {
  return [...policies].sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
}

function withMirroring(definition: Arguments, replication: Replication): Arguments {
  return replication.kind === 'mirrored' ? mergeDefinitions(definition, MIRRORING) : definition;
}
