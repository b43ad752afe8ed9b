/**
 * Queues that an application makes at run time. Their names are a family's; they are not listed, for a topology neither
 * makes nor deletes them. A family is known from the policy that covers it, or from many equal queues whose names differ
 * in a number only.
 */
import type { Arguments, PolicyObject, QueueObject, QueueType } from '../objects';
import { canonicalJson } from '../objects';
import { comparePatterns } from '../patterns/languages';
import { templateMatches, templateRegex, templatesIntersect } from '../patterns/template';
import { compareNames } from '../names';
import type { FoundFamily, SplitPolicies } from './policies';
import { argumentsTable } from './objectTables';
import { without } from './settings';
import type { Table } from './yamlText';

export interface ListedFamily {
  readonly template: string;
  readonly table: Table;
  /** Its queues that are on the broker, and not listed. */
  readonly members: readonly QueueObject[];
  /** Absent where the names alone tell it. */
  readonly found?: FoundFamily;
}

export interface FamilyContext {
  readonly queues: readonly QueueObject[];
  readonly split: SplitPolicies;
  readonly defaultType: QueueType;
  /** Whether something hangs on the queue that a family can't say. */
  readonly isBound: (queue: QueueObject) => boolean;
  /** Whether many equal queues are taken for a family. */
  readonly byName: boolean;
}

export function findFamilies(context: FamilyContext): readonly ListedFamily[] {
  const { split } = context;
  const fromPolicies = split.families.map((found): ListedFamily => {
    const members = context.queues.filter(
      (queue) => templateMatches(found.template, queue.name) && isLeft(queue, context),
    );
    const { table, isMirrored } = found.words;
    const replicated = isMirrored ? { replicated: true } : {};
    return { ...found, found, members, table: { ...shared(members, context), ...replicated, ...table } };
  });
  const taken = new Set(fromPolicies.flatMap(({ members }) => members));
  const rest = context.queues.filter((queue) => !taken.has(queue));
  return [...fromPolicies, ...(context.byName ? fromNames(rest, context) : [])].sort((a, b) =>
    compareNames(a.template, b.template),
  );
}

function isLeft(queue: QueueObject, { split, isBound }: FamilyContext): boolean {
  return !split.settings.has(queue.name) && !isBound(queue);
}

/** What all members have in common. */
function shared(members: readonly QueueObject[], { defaultType }: FamilyContext): Table {
  const [first] = members;
  if (first === undefined) return {};
  const isCommon = (value: (queue: QueueObject) => unknown): boolean =>
    members.every((queue) => canonicalJson(value(queue)) === canonicalJson(value(first)));
  const given = declared(first, defaultType);
  return {
    ...(isCommon(({ durable }) => durable) && !first.durable ? { durable: false } : {}),
    ...(isCommon((queue) => queue.arguments) ? argumentsTable('declaredWith', given) : {}),
  };
}

/** From 4.0 on, the broker adds the type: the vhost's default, or classic for what can't be of that type. */
function declared(queue: QueueObject, defaultType: QueueType): Arguments {
  const { arguments: given, durable, autoDelete } = queue;
  const added = durable && !autoDelete ? defaultType : 'classic';
  return given['x-queue-type'] === added ? without(given, ['x-queue-type']) : given;
}

/** Fewer may well be listed by hand. */
const MEMBERS_MIN = 50;

function fromNames(queues: readonly QueueObject[], context: FamilyContext): readonly ListedFamily[] {
  const groups = new Map<string, QueueObject[]>();
  for (const queue of queues) {
    const template = templateOf(queue.name);
    if (template === undefined || !isLeft(queue, context)) continue;
    const key = canonicalJson([template, queue.durable, queue.autoDelete, queue.arguments]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [queue]);
    else group.push(queue);
  }
  const found: ListedFamily[] = [];
  for (const [key, members] of groups) {
    if (members.length < MEMBERS_MIN) continue;
    const [template] = JSON.parse(key) as [string];
    const others = [...context.split.families, ...found].map((each) => each.template);
    if (others.some((other) => templatesIntersect(other, template))) continue;
    const matching = context.queues.filter(({ name }) => templateMatches(template, name));
    if (matching.length !== members.length) continue;
    if (!context.split.verbatim.every((policy) => isIndifferent(policy, template))) continue;
    found.push({ template, members, table: shared(members, context) });
  }
  return found;
}

const ID = /(?<=[:._/-])(\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,})(?=$|[:._/-])/g;

function templateOf(name: string): string | undefined {
  if (/[{}]/.test(name)) return undefined;
  const ids = [...name.matchAll(ID)].length;
  if (ids === 0) return undefined;
  let index = 0;
  return name.replace(ID, () => `{id${ids === 1 ? '' : String((index += 1))}}`);
}

/** A policy that speaks of all of the family's queues, or of none, goes on to do so. */
function isIndifferent({ pattern, applyTo }: PolicyObject, template: string): boolean {
  if (applyTo === 'exchanges') return true;
  const comparison = comparePatterns(pattern, templateRegex(template));
  if (comparison === undefined) return false;
  if (comparison.both === undefined) return true;
  return comparison.onlyB === undefined && (applyTo === 'all' || applyTo === 'queues');
}
