/**
 * What a user is for, guessed from its permissions: a role is taken only where exactly these permissions follow from it,
 * which the compiler decides.
 */
import { DEFAULT_EXCHANGE } from '../names';
import type { ObjectOfKind } from '../objects';
import type { Table } from './yamlText';

type Permissions = ObjectOfKind<'permissions'>;

/** What the vhost has, as far as a role can name it. */
export interface RoleVocabulary {
  readonly queues: ReadonlySet<string>;
  /** Templates by the expression that stands for them in a permission. */
  readonly families: ReadonlyMap<string, string>;
  readonly exchanges: ReadonlySet<string>;
  /** Exchanges that each queue is bound to. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
}

const EVERYTHING = '.*';

/** The roles that come into question, the likeliest first. */
export function roleCandidates(
  { configure, write, read }: Permissions,
  tags: readonly string[],
  vocabulary: RoleVocabulary,
): readonly Table[] {
  const isMonitor = tags.includes('monitoring');
  if ([configure, write, read].every((pattern) => pattern === EVERYTHING)) {
    return tags.includes('administrator') ? [{ administrator: true }] : [];
  }
  const [c, w, r] = [configure, write, read].map((pattern) => namesIn(pattern, vocabulary));
  if (c === undefined || w === undefined || r === undefined) return [];
  const monitor = isMonitor ? { monitor: true } : {};
  const { queues, exchanges, sources } = vocabulary;
  const isQueue = (name: string): boolean =>
    queues.has(name) || [...vocabulary.families.values()].includes(name);
  const isExchange = (name: string): boolean => exchanges.has(name) || name.startsWith('amq.');
  const owner = c.filter((name) => isQueue(name) || isExchange(name));
  const owned = new Set(owner);
  const bound = new Set(owner.flatMap((name) => sources.get(name) ?? []));
  const publisher = w.filter(
    (name) => !owned.has(name) && (isExchange(name) || name === DEFAULT_EXCHANGE || isQueue(name)),
  );
  const consumer = r.filter((name) => !owned.has(name) && isQueue(name));
  const subscriber = r.filter((name) => !owned.has(name) && !isQueue(name) && !bound.has(name));
  const celery = owner.filter(isQueue);
  return [
    role({ publisher, subscriber, consumer, owner, ...monitor }),
    role({ celery, ...monitor }),
    role({
      publisher: publisher.filter((name) => isExchange(name) && name !== DEFAULT_EXCHANGE),
      celery,
      ...monitor,
    }),
  ].filter((table) => Object.keys(table).length > 0);
}

function role(uses: Readonly<Record<string, readonly string[] | boolean>>): Table {
  const entries = Object.entries(uses).filter(
    ([, value]) => value === true || (Array.isArray(value) && value.length > 0),
  );
  return Object.fromEntries(entries);
}

const PLAIN = /^(?:\\[^A-Za-z0-9]|[^\\^$.|?*+()[\]{}])*$/s;

/** The names and templates that a permission lists, beside what it says otherwise; undefined for any other pattern. */
function namesIn(pattern: string, { families }: RoleVocabulary): readonly string[] | undefined {
  if (pattern === '^$') return [];
  const inner = /^\^(.*)\$$/s.exec(pattern)?.[1];
  if (inner === undefined) return undefined;
  const group = /^\((.*)\)$/s.exec(inner)?.[1];
  return alternativesOf(group ?? inner).flatMap((text) => {
    const family = families.get(text);
    if (family !== undefined) return [family];
    return PLAIN.test(text) ? [text.replace(/\\(.)/gs, '$1')] : [];
  });
}

/** Apart at each `|` that stands in no group. */
function alternativesOf(text: string): readonly string[] {
  const found: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === '|' && depth === 0) {
      found.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...found, text.slice(start)];
}
