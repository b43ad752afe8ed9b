/**
 * The policies that queues and families stand for. At most one policy applies to a queue, so each one says everything:
 * queues with the same effective definition share one, and those of listed queues win over those of families.
 */
import { createHash } from 'node:crypto';
import type { SourcePosition } from '../diagnostics';
import { canonicalJson } from '../objects';
import type { Arguments, PolicyObject } from '../objects';
import { compareNames } from '../names';
import { PATTERN_BYTES_MAX, escapeRegex } from '../patterns/brokerRegex';
import { templateRegex } from '../patterns/template';
import type { ResolvedVhost } from '../resolve/index';
import type { Path } from '../source/index';

/** Explicit policies stay below this priority. */
export const RESERVED_PRIORITY = 1000;
const FAMILY_PRIORITY = RESERVED_PRIORITY;
const QUEUE_PRIORITY = 2 * RESERVED_PRIORITY;

/** Names of explicit policies may not begin like this. Neither is a prefix of the other: no two names can meet. */
export const RESERVED_POLICY_PREFIXES = ['warren.', 'warren-family.'] as const;
const [QUEUE_PREFIX, FAMILY_PREFIX] = RESERVED_POLICY_PREFIXES;

/** A queue or a family, and the expression that matches exactly its names. */
interface Member {
  readonly name: string;
  readonly regex: string;
  readonly definition: Arguments;
  readonly path: Path;
}

/** The generated policies of a vhost, queues' first. */
export function generatedPolicies(
  resolved: ResolvedVhost,
  locate: (path: Path) => SourcePosition,
): PolicyObject[] {
  const queues = resolved.queues
    .filter(({ ownDefinition }) => Object.keys(ownDefinition).length > 0)
    .map(({ queue, definition }) => ({
      name: queue.name,
      regex: escapeRegex(queue.name),
      definition,
      path: queue.path,
    }));
  const families = resolved.families
    .filter(({ definition }) => Object.keys(definition).length > 0)
    .map(({ family, definition }) => ({
      name: family.template,
      regex: templateRegex(family.template).slice(1, -1),
      definition,
      path: family.path,
    }));
  const sets = [
    { members: queues, prefix: QUEUE_PREFIX, priority: QUEUE_PRIORITY },
    { members: families, prefix: FAMILY_PREFIX, priority: FAMILY_PRIORITY },
  ];
  return sets.flatMap(({ members, prefix, priority }) =>
    shared(members).map((group): PolicyObject => {
      const [first] = group;
      return {
        kind: 'policy',
        vhost: resolved.vhost.name,
        name: policyName(prefix, first.name),
        pattern: patternOf(group),
        applyTo: 'queues',
        priority,
        definition: sortedKeys(first.definition),
        position: locate(first.path),
      };
    }),
  );
}

type Group = readonly [Member, ...Member[]];

/**
 * Groups of equal definitions, each small enough for one pattern. A group is named after its first member in
 * alphabetical order: the name stays when other queues come and go, and no two groups can have the same one.
 */
function shared(members: readonly Member[]): Group[] {
  const byDefinition = new Map<string, Member[]>();
  for (const member of [...members].sort((a, b) => compareNames(a.name, b.name))) {
    const key = canonicalJson(member.definition);
    byDefinition.set(key, [...(byDefinition.get(key) ?? []), member]);
  }
  return [...byDefinition.values()].flatMap(inPatternsOfLegalSize);
}

function inPatternsOfLegalSize(members: readonly Member[]): Group[] {
  const groups: [Member, ...Member[]][] = [];
  let sizeBytes = Infinity;
  for (const member of members) {
    const addedBytes = Buffer.byteLength(member.regex) + '|'.length;
    const last = groups.at(-1);
    if (last !== undefined && sizeBytes + addedBytes <= PATTERN_BYTES_MAX) {
      last.push(member);
      sizeBytes += addedBytes;
    } else {
      groups.push([member]);
      sizeBytes = '^()$'.length + addedBytes;
    }
  }
  return groups;
}

function patternOf(group: Group): string {
  const [first, ...others] = group;
  return others.length === 0 ? `^${first.regex}$` : `^(${group.map(({ regex }) => regex).join('|')})$`;
}

/** Longer names make tables unreadable; the hash keeps them apart. */
const MEMBER_NAME_BYTES_MAX = 120;

function policyName(prefix: string, member: string): string {
  if (Buffer.byteLength(member) <= MEMBER_NAME_BYTES_MAX) return prefix + member;
  const hash = createHash('sha256').update(member).digest('hex').slice(0, 12);
  const cut = Buffer.from(member)
    .subarray(0, MEMBER_NAME_BYTES_MAX)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${prefix}${cut}~${hash}`;
}

function sortedKeys(definition: Arguments): Arguments {
  return Object.fromEntries(Object.entries(definition).sort(([a], [b]) => compareNames(a, b)));
}
