/**
 * The rules over objects that stand in no topology: they are put into the words of the language, each name and policy
 * as it is, and what is found there is told of the object that says it.
 */
import { buildTopology } from '../build/index';
import type { Severity } from '../diagnostics';
import { expandTopology } from '../expand/index';
import { QUOTAS_POLICY } from '../expand/quotas';
import { Comments } from '../import/comments';
import { draftSource } from '../import/compileDraft';
import { ReportBuilder } from '../import/report';
import { wordsOf } from '../import/settings';
import { draftUsers } from '../import/usersDraft';
import { draftVhost } from '../import/vhostDraft';
import { queueTypeOf, vhostParts } from '../import/vhostParts';
import type { VhostParts } from '../import/vhostParts';
import { isTable } from '../import/yamlText';
import type { Table, Value } from '../import/yamlText';
import { canonicalJson, identityKey } from '../objects';
import type { BindingObject, BrokerObject } from '../objects';
import { resolveTopology } from '../resolve/index';
import { policyIndex } from '../route/policies';
import { findingsOf } from '../rules/index';
import { FINDS_MISSING, OBJECT_RULES } from '../rules/objectRules';
import type { Path } from '../source/index';
import type { Target } from '../target';

export interface ObjectFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly reason?: string;
  readonly help?: string;
  /** Who says what is wrong; undefined where it is a vhost or a user that is only named. */
  readonly object?: BrokerObject;
}

export interface ObjectJudgement {
  readonly findings: readonly ObjectFinding[];
  readonly unjudged: readonly { readonly object: BrokerObject; readonly why: string }[];
}

export interface ObjectsToJudge {
  readonly objects: readonly BrokerObject[];
  readonly target: Target;
  /** Of these no more is known than that they are there. */
  readonly bare?: ReadonlySet<BrokerObject>;
  /** Whether there is more in a vhost than what is known: then nothing is found missing there. */
  readonly isIncomplete?: (vhost: string) => boolean;
}

export function judgeObjects(given: ObjectsToJudge): ObjectJudgement {
  const { target, bare, isIncomplete } = given;
  const { objects, unjudged } = separate(given.objects);
  const { data, owners } = draft(objects, target);
  const resolved = resolveTopology(expandTopology(buildTopology(draftSource(data), target)));
  const findings = findingsOf(resolved, OBJECT_RULES).flatMap(({ rule, finding }): ObjectFinding[] => {
    const { message, reason, help, path } = finding;
    const object = ownerOf(path, owners);
    if (object !== undefined && bare?.has(object) === true) return [];
    if (FINDS_MISSING.has(rule.code) && isIncomplete?.(vhostOf(path)) === true) return [];
    return [
      {
        code: rule.code,
        severity: finding.severity ?? rule.severity,
        message,
        ...(reason === undefined ? {} : { reason }),
        ...(help === undefined ? {} : { help }),
        ...(object === undefined ? {} : { object }),
      },
    ];
  });
  return { findings, unjudged };
}

/** What has no place in a topology. */
function separate(all: readonly BrokerObject[]): {
  readonly objects: readonly BrokerObject[];
  readonly unjudged: { readonly object: BrokerObject; readonly why: string }[];
} {
  const there = new Set(all.map(identityKey));
  const seen = new Set<string>();
  const unjudged: { readonly object: BrokerObject; readonly why: string }[] = [];
  const objects = all.filter((object) => {
    const why = whyUnjudged(object, there, seen);
    seen.add(identityKey(object));
    if (why !== undefined) unjudged.push({ object, why });
    return why === undefined;
  });
  return { objects, unjudged };
}

function whyUnjudged(
  object: BrokerObject,
  there: ReadonlySet<string>,
  seen: ReadonlySet<string>,
): string | undefined {
  // A binding that is there twice is for a rule.
  if (object.kind !== 'binding' && seen.has(identityKey(object)))
    return 'it is there twice, and only the first was judged';
  if (object.kind === 'parameter' && !isTable(object.value) && !Array.isArray(object.value))
    return 'its value is no table';
  if (object.kind !== 'binding') return undefined;
  const { vhost, destination, destinationType: kind } = object;
  if (there.has(identityOf(kind, vhost, destination))) return undefined;
  return `the ${kind} ${JSON.stringify(destination)}, to which it leads, is not there`;
}

/** Exchanges and queues are known by their names alone. */
function identityOf(kind: BindingObject['destinationType'], vhost: string, name: string): string {
  return identityKey({ kind, vhost, name } as BrokerObject);
}

interface Draft {
  readonly data: Table;
  /** By path, as JSON. */
  readonly owners: ReadonlyMap<string, BrokerObject>;
}

function draft(objects: readonly BrokerObject[], target: Target): Draft {
  const owners = new Map<string, BrokerObject>();
  for (const object of objects) for (const path of pathsOf(object)) owners.set(JSON.stringify(path), object);
  const report = new ReportBuilder();
  const context = { target, report, comments: new Comments() };
  const flags = { byName: false, isPlain: false, hasCelery: false, isForRules: true };
  const vhosts = Object.fromEntries(
    [...vhostParts(objects).values()].map((parts) => {
      const table = draftVhost(parts, { ...context, ...flags });
      ownBindings(parts, table, owners);
      ownSettings(parts, table, owners);
      return [parts.name, table] as const;
    }),
  );
  const users = draftUsers(objects, { vhosts, target, report, isPlain: true });
  const globals = objects.flatMap((object) =>
    object.kind === 'globalParameter' ? [[object.name, object.value] as const] : [],
  );
  return {
    data: { warren: 1, target, vhosts, users, globalParameters: Object.fromEntries(globals) },
    owners,
  };
}

/** Where the draft says it; bindings and what policies say of queues come apart. */
function pathsOf(object: BrokerObject): readonly Path[] {
  switch (object.kind) {
    case 'vhost':
      return [['vhosts', object.name]];
    case 'vhostLimits':
      return [['vhosts', object.vhost, 'limits']];
    case 'user':
      return [['users', object.name]];
    case 'userLimits':
      return [['users', object.user, 'limits']];
    case 'permissions':
    case 'topicPermissions':
      return [['users', object.user, object.kind, object.vhost]];
    case 'exchange':
      return [['vhosts', object.vhost, 'exchanges', object.name]];
    case 'queue':
      return [['vhosts', object.vhost, 'queues', object.name]];
    case 'policy':
      return [['vhosts', object.vhost, 'policies', object.name]];
    case 'operatorPolicy':
      return [
        ['vhosts', object.vhost, 'operatorPolicies', object.name],
        ...(object.name === QUOTAS_POLICY ? [['vhosts', object.vhost, 'quotas']] : []),
      ];
    case 'parameter': {
      const { vhost, component, name } = object;
      const sections = ['federationUpstreams', 'federationUpstreamSets', 'shovels'];
      const short = sections.map((section): Path => ['vhosts', vhost, section, name]);
      return [['vhosts', vhost, 'parameters', component, name], ...short];
    }
    case 'globalParameter':
      return [['globalParameters', object.name]];
    case 'binding':
      return [];
  }
}

function ownBindings(parts: VhostParts, table: Table, owners: Map<string, BrokerObject>): void {
  const known = new Map(parts.of('binding').map((binding) => [bindingKey(binding), binding]));
  const sections = [
    ['exchanges', 'exchange'],
    ['queues', 'queue'],
  ] as const;
  for (const [section, destinationType] of sections) {
    for (const [destination, inner] of entriesOf(table[section])) {
      const list =
        isTable(inner) && Array.isArray(inner.bindings) ? (inner.bindings as readonly Table[]) : [];
      list.forEach(({ exchange, routingKey = '', arguments: given = {} }, index) => {
        const key = bindingKey({
          destinationType,
          destination,
          source: exchange,
          routingKey,
          arguments: given,
        });
        const binding = known.get(key);
        const path = ['vhosts', parts.name, section, destination, 'bindings', index];
        // One of those that were given.
        if (binding !== undefined) owners.set(JSON.stringify(path), binding);
      });
    }
  }
}

function bindingKey(
  binding: Readonly<
    Record<'source' | 'destination' | 'destinationType' | 'routingKey' | 'arguments', unknown>
  >,
): string {
  const { source, destination, destinationType, routingKey, arguments: given } = binding;
  return canonicalJson([source, destination, destinationType, routingKey, given]);
}

/** What the draft says at a queue stands in the policy that wins for it. */
function ownSettings(parts: VhostParts, table: Table, owners: Map<string, BrokerObject>): void {
  const winners = policyIndex(parts.of('policy'));
  const policies = new Map(parts.of('policy').map((policy) => [policy.name, policy]));
  const queues = new Map(parts.of('queue').map((queue) => [queue.name, queue]));
  for (const [name, inner] of entriesOf(table.queues)) {
    const queue = queues.get(name);
    const policy = queue && policies.get(winners.forQueue(name, queueTypeOf(queue))?.name ?? '');
    if (policy === undefined || !isTable(inner)) continue;
    for (const word of Object.keys(wordsOf(policy.definition)?.table ?? {})) {
      const path = ['vhosts', parts.name, 'queues', name, word];
      if (Object.hasOwn(inner, word)) owners.set(JSON.stringify(path), policy);
    }
  }
}

function entriesOf(section: Value | undefined): readonly (readonly [string, Value])[] {
  return section !== undefined && isTable(section) ? Object.entries(section) : [];
}

/** The nearest one at or above a place. */
function ownerOf(path: Path, owners: ReadonlyMap<string, BrokerObject>): BrokerObject | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const owner = owners.get(JSON.stringify(path.slice(0, length)));
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function vhostOf(path: Path): string {
  return String(path[0] === 'vhosts' ? path[1] : path[3]);
}
