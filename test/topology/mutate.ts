/** Topologies with random nodes dropped, renamed, retyped, reordered or copied elsewhere: what a hurried editor leaves behind. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import type { Target } from '../../topology/index';
import { DONORS } from './donors';
import type { Json } from './donors';
import { wholeLanguage } from './wholeLanguage';

type Step = string | number;

const EXAMPLES = join(__dirname, '../../topology/examples');
const examples = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => parse(readFileSync(join(EXAMPLES, file), 'utf8')) as Json);

/** The examples, and each vhost of the topology that uses the whole language, with the users that are in it. */
export function corpus(target: Target): Json[] {
  const names = { run: 'run', amqpPort: 1 };
  const whole = parse(wholeLanguage(target, names)) as Record<string, Record<string, Json>>;
  const { vhosts = {}, users = {}, ...rest } = whole;
  const parts = Object.entries(vhosts).map(([name, vhost]): Json => {
    const own = Object.entries(users).map(
      ([user, value]) => [user, withoutOtherVhosts(value, name)] as const,
    );
    return { ...rest, vhosts: { [name]: vhost }, users: Object.fromEntries(own) };
  });
  return [...examples, ...parts];
}

function withoutOtherVhosts(user: Json, vhost: string): Json {
  if (!isTable(user)) return user;
  const kept = Object.entries(user).map(([key, value]) => {
    if (!['permissions', 'roles', 'topicPermissions'].includes(key) || !isTable(value)) return [key, value];
    return [key, Object.fromEntries(Object.entries(value).filter(([name]) => name === vhost))];
  });
  return Object.fromEntries(kept) as Json;
}

const VALUES: readonly Json[] = [
  ...[
    '',
    'x',
    '1h',
    '0s',
    '5ms',
    '100000d',
    '5',
    'true',
    'direct',
    'topic',
    'quorum',
    'stream',
    'classic',
    'constructor',
    'ü',
    '.*',
    '(',
    '^a$',
  ],
  ...[
    'amq.topic',
    'amq.default',
    'x-random',
    'drop-head',
    'reject-publish',
    'reject-publish-dlx',
    '#',
    'a.*',
    '7D',
    '{x}',
  ],
  ...['x'.repeat(300), '\u0007', 'where-supported', 'all', 'amqp://127.0.0.1:1', 'lazy'],
  ...[0, 1, 2, -1, 1.5, 255, 256, 2 ** 32, 2 ** 53, true, false, null],
  [],
  {},
  ['x'],
  { x: 1 },
];
const NAMES = [
  '',
  'x',
  'amq.x',
  'ü',
  'a/b',
  '..',
  'y'.repeat(256),
  'z'.repeat(255),
  '{id}',
  'type',
  'arguments',
  'declaredWith',
  '__proto__',
  'constructor',
  'toString',
];

interface Mutation {
  readonly kind: 'drop' | 'rename' | 'retype' | 'reorder' | 'copy' | 'graft';
  /** Which node, of all that there are. */
  readonly at: number;
  /** Which value, name or other node. */
  readonly to: number;
}

/** Any of them alike: doubles would come out near 0, and pick the first item nearly always. */
const choice = fc.nat(2 ** 31 - 1);
/** Each sort of mutation changes much of what is found: the grafts, which mostly stay legal YAML, come most often. */
const kinds: fc.Arbitrary<Mutation['kind']> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      'drop' as const,
      'rename' as const,
      'retype' as const,
      'reorder' as const,
      'copy' as const,
    ),
  },
  { weight: 8, arbitrary: fc.constant('graft' as const) },
);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: kinds,
  at: choice,
  to: choice,
});

/** Continuous integration judges a change by the same topologies as the one before it; luck isn't its matter. */
const SEED_IN_CI = 1;

/** Random where somebody looks at the run, or WARREN_SEED to repeat one. */
export function seedOfRun(): number {
  const usual = process.env.CI === 'true' ? SEED_IN_CI : Math.floor(Math.random() * 2 ** 31);
  return Number(process.env.WARREN_SEED ?? usual);
}

/** The text of a damaged topology for a target. */
export function mutated(target: Target, mutationsMax: number): fc.Arbitrary<string> {
  const topologies = corpus(target);
  return fc
    .tuple(fc.nat(topologies.length - 1), fc.array(mutation, { minLength: 1, maxLength: mutationsMax }))
    .map(([index, mutations]) => {
      const damaged = mutations.reduce(apply, structuredClone(topologies[index] ?? null));
      return stringify(damaged, { aliasDuplicateObjects: false });
    });
}

/** A topology that may be damaged, and what further damage makes of it: they have most of their objects in common. */
export function mutatedPair(target: Target, mutationsMax: number): fc.Arbitrary<readonly [string, string]> {
  const topologies = corpus(target);
  const some = fc.array(mutation, { minLength: 1, maxLength: mutationsMax });
  return fc.tuple(fc.nat(topologies.length - 1), some, some).map(([index, first, second]) => {
    const before = first.reduce(apply, structuredClone(topologies[index] ?? null));
    const after = second.reduce(apply, structuredClone(before));
    const written = (value: Json): string => stringify(value, { aliasDuplicateObjects: false });
    return [written(before), written(after)] as const;
  });
}

function apply(root: Json, { kind, at, to }: Mutation): Json {
  if (kind === 'graft') return graft(root, at, to);
  const paths = pathsIn(root).filter((path) => path.length > 0);
  const path = pick(paths, at);
  const [parent, key] =
    path === undefined ? [undefined, ''] : [valueAt(root, path.slice(0, -1)), path.at(-1) ?? ''];
  if (path === undefined || typeof parent !== 'object' || parent === null) return root;
  const holder = parent as Record<Step, Json>;
  switch (kind) {
    case 'drop':
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else Reflect.deleteProperty(parent, key);
      return root;
    case 'rename':
      return rename(root, path, to);
    case 'retype':
      holder[key] = structuredClone(pick(VALUES, to) ?? null);
      return root;
    case 'reorder':
      holder[key] = reordered(holder[key] ?? null, to);
      return root;
    case 'copy': {
      const other = valueAt(root, pick(paths, to) ?? []);
      holder[key] = structuredClone(other);
      return root;
    }
  }
}

/** Adds, or replaces, an entry of a table by one that tables of its sort can have. */
function graft(root: Json, at: number, to: number): Json {
  const hosts = pathsIn(root).flatMap((path) => {
    const donors = DONORS[sortOf(path)];
    return donors === undefined ? [] : [{ path, donors }];
  });
  const host = pick(hosts, at);
  const entry = host === undefined ? undefined : pick(host.donors, to);
  if (host === undefined || entry === undefined) return root;
  const [key, value] = entry;
  const table = valueAt(root, host.path);
  if (isTable(table)) table[key] = structuredClone(value);
  else if (host.path.length > 0) {
    const parent = valueAt(root, host.path.slice(0, -1)) as Record<Step, Json>;
    parent[host.path.at(-1) ?? ''] = { [key]: structuredClone(value) };
  }
  return root;
}

/** The part of a path that says what stands there, with names and indices as `*`. */
function sortOf(path: readonly Step[]): string {
  const steps =
    path[0] === 'vhosts' && path.length > 2
      ? path.slice(2)
      : path[0] === 'users' && path.length > 2
        ? path.slice(2)
        : path;
  const isNamed = (index: number): boolean => index % 2 === 1 && steps[0] !== 'topicPermissions';
  return steps
    .map((step, index) =>
      index > 0 && (isNamed(index) || steps[0] === 'topicPermissions') ? '*' : String(step),
    )
    .join('/');
}

/** Gives a key the name of another one that is somewhere in the file, or an unusual one; its place in the order stays. */
function rename(root: Json, path: readonly Step[], to: number): Json {
  const parent = valueAt(root, path.slice(0, -1));
  if (!isTable(parent)) return root;
  const names = [...NAMES, ...pathsIn(root).flatMap((each) => String(each.at(-1) ?? ''))];
  const name = pick(names, to) ?? '';
  const entries = Object.entries(parent);
  for (const [key] of entries) Reflect.deleteProperty(parent, key);
  for (const [key, value] of entries) {
    const isMeant = key === path.at(-1);
    Object.defineProperty(parent, isMeant ? name : key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return root;
}

function reordered(value: Json, to: number): Json {
  const turned = <T>(items: T[]): T[] => {
    const by = items.length === 0 ? 0 : to % items.length;
    return [...items.slice(by), ...items.slice(0, by)].reverse();
  };
  if (Array.isArray(value)) return turned(value);
  return isTable(value) ? Object.fromEntries(turned(Object.entries(value))) : value;
}

function pathsIn(value: Json, path: readonly Step[] = []): Step[][] {
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => pathsIn(item, [...path, index]))
    : isTable(value)
      ? Object.entries(value).flatMap(([key, item]) => pathsIn(item, [...path, key]))
      : [];
  return [[...path], ...below];
}

function valueAt(root: Json, path: readonly Step[]): Json {
  return path.reduce<Json>(
    (value, step) =>
      typeof value === 'object' && value !== null ? ((value as Record<Step, Json>)[step] ?? null) : null,
    root,
  );
}

function pick<T>(items: readonly T[], at: number): T | undefined {
  return items[at % items.length];
}

function isTable(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
