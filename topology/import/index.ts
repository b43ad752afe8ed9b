/**
 * From the objects of a broker to a topology that compiles to the same: intents where they are exact, everything else in
 * RabbitMQ's own words, and a comment where something can't be kept. What is written is compiled again here; where it
 * would not mean the same, the vhost is written without intents.
 */
import { buildTopology } from '../build/index';
import { frameworkOwner } from '../frameworkNames';
import { compareNames } from '../names';
import type { BrokerObject } from '../objects';
import { identityKey } from '../objects';
import { neededPlugins } from '../rules/pluginNeeds';
import type { Target } from '../target';
import { DEFAULT_TARGET } from '../target';
import { Comments, namesInComment } from './comments';
import { compileDraft, draftSource } from './compileDraft';
import { isHanging, withoutForeign } from './leftOut';
import type { LeftOut } from './leftOut';
import { migrateMirrors } from './migrate';
import { differencesBetween } from './meaning';
import { ReportBuilder } from './report';
import type { ImportReport } from './report';
import { nameUsers } from './users';
import { draftUsers } from './usersDraft';
import { draftVhost } from './vhostDraft';
import { vhostParts } from './vhostParts';
import { inComment, writeYaml } from './yamlText';
import type { Table, Value } from './yamlText';

export interface ImportOptions {
  readonly target?: Target;
  /** Where the objects come from, for the first line. */
  readonly source: string;
  /** Of the RabbitMQ that it comes from, e.g. `4.3.6`. */
  readonly version?: string;
  /** What can't be kept of an object, by its identity. */
  readonly notes?: ReadonlyMap<string, readonly string[]>;
  /** Lists every queue, also those that look as if an application made them at run time. */
  readonly listsAll?: boolean;
}

export interface ImportResult {
  readonly text: string;
  readonly report: ImportReport;
}

export function importTopology(objects: readonly BrokerObject[], options: ImportOptions): ImportResult {
  const target = options.target ?? DEFAULT_TARGET;
  const migrated = migrateMirrors(objects, target);
  const named = nameUsers(migrated.objects);
  const { kept, leftOut } = withoutForeign(named.objects);
  const draft = draftTopology(kept, [...named.leftOut, ...leftOut], { ...options, target });
  tellDisagreements(named.disagreements, draft.comments);
  tellNotes(objects, options.notes ?? new Map(), draft);
  tellNotes(objects, migrated.notes, draft);
  const from = inComment(options.source);
  const head = [
    `# From ${options.version === undefined ? from : `${from} (RabbitMQ ${versionInComment(options.version)})`}, by \`warren import\`. Passwords are not among it: the stack derives them.`,
    '',
  ];
  const text = `${head.join('\n')}${writeYaml(draft.data, (path) => draft.comments.at(path))}`;
  const { inTheWay, recognised } = migrated;
  return {
    text,
    report: { ...draft.report, inTheWay, recognised: [...recognised, ...draft.report.recognised] },
  };
}

/** A file may say anything. */
function versionInComment(version: string): string {
  return /^[\w.+~-]+$/.test(version) ? version : inComment(version);
}

interface Draft {
  readonly data: Table;
  readonly comments: Comments;
  readonly report: ImportReport;
  readonly familyOf: ReadonlyMap<string, string>;
}

function draftTopology(
  kept: readonly BrokerObject[],
  leftOut: readonly LeftOut[],
  options: ImportOptions & { readonly target: Target },
): Draft {
  const plain = new Set<string>();
  for (;;) {
    const draft = attempt(kept, leftOut, plain, options);
    const wrong = [...wrongVhosts(kept, draft)].filter((name) => !plain.has(name));
    if (wrong.length === 0) return draft;
    for (const name of wrong) plain.add(name);
  }
}

/** The vhosts that would mean something else than before. */
function wrongVhosts(kept: readonly BrokerObject[], { report }: Draft): ReadonlySet<string> {
  if (report.differences.length === 0) return new Set();
  return new Set(vhostParts(kept).keys());
}

/** No intent that is taken for one is wrong, as far as the tests know: this is for what they don't. */
export const ALL_VERBATIM = 'everything: with intents it would not have been the same';

function attempt(
  kept: readonly BrokerObject[],
  leftOut: readonly LeftOut[],
  plain: ReadonlySet<string>,
  options: ImportOptions & { readonly target: Target },
): Draft {
  const { target } = options;
  const [comments, report] = [new Comments(), new ReportBuilder()];
  report.leftOut.push(...leftOut);
  for (const vhost of plain) report.verbatim.push({ vhost, text: ALL_VERBATIM });
  const celery = new Set(leftOut.flatMap(({ object }) => (isCelerys(object) ? [object.vhost] : [])));
  const parts = [...vhostParts(kept).values()].sort((a, b) => compareNames(a.name, b.name));
  const vhosts = Object.fromEntries(
    parts.map((vhost) => {
      const table = draftVhost(vhost, {
        target,
        comments,
        report,
        byName: options.listsAll !== true,
        isPlain: plain.has(vhost.name),
        hasCelery: celery.has(vhost.name),
      });
      return [vhost.name, table] as const;
    }),
  );
  const users = draftUsers(kept, { vhosts, target, report, isPlain: plain.size > 0 });
  tellLeftOut(leftOut, comments);
  const globals = globalParameters(kept);
  const plugins = neededPlugins(buildTopology(draftSource({ warren: 1, vhosts }), target));
  const data: Table = {
    warren: 1,
    target,
    // Of those that are switched on there, the ones without which the topology would not be taken.
    ...(plugins.length === 0 ? {} : { broker: { plugins } }),
    ...(globals === undefined ? {} : { globalParameters: globals }),
    vhosts,
    ...(Object.keys(users).length === 0 ? {} : { users }),
  };
  const gone = new Set(report.leftOut.map(({ object }) => identityKey(object)));
  const expected = withImplied(kept.filter((object) => !gone.has(identityKey(object))));
  const differences = differencesBetween(expected, compileDraft(data, target));
  return { data, comments, report: report.finish(differences), familyOf: report.familyOf };
}

/** Vhosts and users that something is in or belongs to are there, whether they are listed or not. */
function withImplied(objects: readonly BrokerObject[]): readonly BrokerObject[] {
  const known = new Map(objects.map((object) => [identityKey(object), object]));
  for (const object of objects) {
    const implied: BrokerObject[] = [
      ...('vhost' in object ? [{ kind: 'vhost', name: object.vhost } as const] : []),
      ...('user' in object ? [{ kind: 'user', name: object.user, tags: [] } as const] : []),
    ];
    for (const each of implied) if (!known.has(identityKey(each))) known.set(identityKey(each), each);
  }
  return [...known.values()];
}

function isCelerys(object: BrokerObject): object is BrokerObject & { readonly vhost: string } {
  if (object.kind !== 'queue' && object.kind !== 'exchange') return false;
  return frameworkOwner(object.name)?.startsWith('Celery') === true;
}

function globalParameters(objects: readonly BrokerObject[]): Table | undefined {
  const found = objects.flatMap((object) => (object.kind === 'globalParameter' ? [object] : []));
  if (found.length === 0) return undefined;
  const sorted = found.sort((a, b) => compareNames(a.name, b.name));
  return Object.fromEntries(sorted.map(({ name, value }) => [name, value]));
}

function tellLeftOut(leftOut: readonly LeftOut[], comments: Comments): void {
  const groups = new Map<string, { path: readonly string[]; why: string; names: string[] }>();
  for (const { object, why } of leftOut) {
    if (isHanging(object)) continue;
    const path = 'vhost' in object ? ['vhosts', object.vhost] : [object.kind === 'user' ? 'users' : 'vhosts'];
    const key = JSON.stringify([path, object.kind, why]);
    const group = groups.get(key) ?? { path, why: `${object.kind}: ${why}`, names: [] };
    groups.set(key, group);
    group.names.push(nameOf(object));
  }
  for (const { path, why, names } of groups.values()) {
    comments.add(
      path,
      `Left out: ${namesInComment([...new Set(names)].sort(compareNames))} (${why.replaceAll('\n', ' ')}).`,
    );
  }
}

function nameOf(object: BrokerObject): string {
  if (object.kind === 'binding') return `${object.source} → ${object.destination}`;
  return 'name' in object ? object.name : object.kind;
}

function tellDisagreements(disagreements: ReadonlyMap<string, readonly string[]>, comments: Comments): void {
  for (const [user, names] of disagreements) {
    comments.add(
      ['users', user],
      `As its newest generation has it; ${namesInComment([...new Set(names)])} differs.`,
    );
  }
}

const SECTIONS: Readonly<Partial<Record<BrokerObject['kind'], readonly string[]>>> = {
  exchange: ['exchanges'],
  queue: ['queues'],
  policy: ['policies'],
  operatorPolicy: ['operatorPolicies'],
  parameter: ['shovels', 'federationUpstreams', 'federationUpstreamSets'],
};

function tellNotes(
  objects: readonly BrokerObject[],
  notes: ReadonlyMap<string, readonly string[]>,
  { comments, data, familyOf }: Draft,
): void {
  for (const object of objects) {
    const lines = notes.get(identityKey(object)) ?? [];
    if (lines.length === 0) continue;
    const family = familyOf.get(identityKey(object));
    const path =
      family !== undefined && 'vhost' in object
        ? ['vhosts', object.vhost, 'families', family]
        : nearestPath(object, data);
    comments.add(path, ...lines.map(printable));
  }
}

/** A comment is one line, and holds no other. */
function printable(line: string): string {
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffd]+/g, ' ');
}

/** Where the object stands, or the nearest that there is. */
function nearestPath(object: BrokerObject, data: Table): readonly string[] {
  const places = placesOf(object).map((path) => thereOf(path, data));
  const [best = []] = places.sort((a, b) => b.length - a.length);
  return best.length === 0 ? ['warren'] : best;
}

function placesOf(object: BrokerObject): readonly (readonly string[])[] {
  switch (object.kind) {
    case 'vhost':
      return [['vhosts', object.name]];
    case 'user':
      return [['users', object.name]];
    case 'globalParameter':
      return [['globalParameters', object.name]];
    case 'parameter': {
      const at = ['vhosts', object.vhost];
      const sections = SECTIONS.parameter ?? [];
      const raw = [...at, 'parameters', object.component, object.name];
      return [raw, ...sections.map((section) => [...at, section, object.name])];
    }
    default: {
      const at = 'vhost' in object ? ['vhosts', object.vhost] : [];
      const name = 'name' in object ? [object.name] : [];
      return (SECTIONS[object.kind] ?? []).map((section) => [...at, section, ...name]).concat([at]);
    }
  }
}

/** As much of the path as there is. */
function thereOf(path: readonly string[], data: Table): readonly string[] {
  let at: Value | undefined = data;
  const there: string[] = [];
  for (const step of path) {
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Table)[step] : undefined;
    if (at === undefined) break;
    there.push(step);
  }
  return there;
}
