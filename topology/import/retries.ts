/**
 * Retry ladders and stages, as a topology's `retry` makes them: recognised by their names, and taken for one only where
 * it compiles to the very same objects. Delay queues that somebody else arranged otherwise stay as they are.
 */
import { canonicalJson, withoutPlace } from '../objects';
import { formatDuration, parseDurationMs } from '../units';
import type { Target } from '../target';
import { compileDraft } from './compileDraft';
import { isTable } from './yamlText';
import type { Table, Value } from './yamlText';

export interface VhostTables {
  readonly defaultQueueType: string | undefined;
  readonly exchanges: Readonly<Record<string, Table>>;
  readonly queues: Readonly<Record<string, Table>>;
}

export interface FoundRetry {
  readonly queue: string;
  readonly method: 'ladder' | 'stages';
  readonly attempts: number;
}

export interface WithRetries extends VhostTables {
  readonly found: readonly FoundRetry[];
}

export function foldRetries(vhost: VhostTables, target: Target): WithRetries {
  let tables = vhost;
  const found: FoundRetry[] = [];
  for (const queue of Object.keys(vhost.queues)) {
    const suspects = [`${queue}.retry.1`, `${queue}.retry`, `${queue}.attempt.2`];
    if (!suspects.some((name) => Object.hasOwn(tables.queues, name) || Object.hasOwn(tables.exchanges, name)))
      continue;
    for (const method of ['ladder', 'stages'] as const) {
      const folded = fold(queue, method, tables, target);
      if (folded === undefined) continue;
      tables = folded.tables;
      found.push({ queue, method, attempts: folded.attempts });
      break;
    }
  }
  return { ...tables, found };
}

interface Folded {
  readonly tables: VhostTables;
  readonly attempts: number;
}

function fold(
  queue: string,
  method: FoundRetry['method'],
  tables: VhostTables,
  target: Target,
): Folded | undefined {
  const rungs = rungsOf(queue, tables);
  const delays = rungs.map((name) => durationOf(tables.queues[name]?.ttl));
  const waits = waitsOf(delays);
  if (waits === undefined) return undefined;
  const attempts = rungs.length;
  const made = {
    queues: [
      ...rungs,
      ...(method === 'stages' ? rungs.map((_, index) => `${queue}.attempt.${index + 2}`) : []),
    ],
    exchanges:
      method === 'ladder'
        ? ['.retry', '.retry.first', '.retry.back'].map((end) => queue + end)
        : rungs.flatMap((name, index) => [name, `${queue}.attempt.${index + 2}`]),
  };
  const deadLetters = deadLettersOf(queue, method, attempts, tables);
  if (deadLetters === undefined || deadLetters.queue === queue) return undefined;
  const retry = { attempts, ...waits, ...(method === 'ladder' ? {} : { method }) };
  for (const table of workTables(queue, retry, deadLetters.queue, tables)) {
    const queues = { ...withoutKeys(tables.queues, made.queues), [queue]: table };
    const key = deadLetters.boundKey;
    const dead = queues[deadLetters.queue];
    if (dead === undefined) return undefined;
    if (key !== undefined) {
      queues[deadLetters.queue] = withoutBindings(dead, (each) => isBinding(each, `${queue}.retry`, key));
    }
    const exchanges = withoutKeys(tables.exchanges, made.exchanges);
    const folded = { ...tables, queues, exchanges };
    if (isEqual({ tables, folded, names: [queue, deadLetters.queue, ...made.queues], made, target })) {
      return { tables: folded, attempts };
    }
  }
  return undefined;
}

function rungsOf(queue: string, { queues }: VhostTables): readonly string[] {
  const rungs: string[] = [];
  for (let rung = 1; Object.hasOwn(queues, `${queue}.retry.${rung}`); rung += 1) {
    rungs.push(`${queue}.retry.${rung}`);
  }
  return rungs;
}

/** How `retry` says these delays; undefined where it can't. */
function waitsOf(delays: readonly (number | undefined)[]): Table | undefined {
  const [first, second] = delays;
  if (first === undefined || delays.includes(undefined)) return undefined;
  const longest = delays.at(-1) ?? first;
  const factors = [2, ...(second === undefined ? [] : [second / first])];
  for (const factor of factors) {
    for (const maxDelay of [undefined, longest]) {
      const said = delays.map((_, index) =>
        Math.min(Math.round(first * factor ** index), maxDelay ?? Infinity),
      );
      if (canonicalJson(said) !== canonicalJson(delays) || !(factor >= 1 && factor <= 100)) continue;
      return {
        delay: formatDuration(first),
        ...(factor === 2 ? {} : { factor }),
        ...(maxDelay === undefined ? {} : { maxDelay: formatDuration(maxDelay) }),
      };
    }
  }
  return undefined;
}

function deadLettersOf(
  queue: string,
  method: FoundRetry['method'],
  attempts: number,
  { queues }: VhostTables,
): { readonly queue: string; readonly boundKey?: string } | undefined {
  if (method === 'ladder') {
    const boundKey = `${queue}.retry.dead`;
    const found = Object.entries(queues).find(([, table]) =>
      bindingsOf(table).some((each) => isBinding(each, `${queue}.retry`, boundKey)),
    );
    return found === undefined ? undefined : { queue: found[0], boundKey };
  }
  const last = queues[`${queue}.attempt.${attempts + 1}`]?.deadLetter;
  const target = last !== undefined && isTable(last) ? last.queue : undefined;
  return typeof target === 'string' ? { queue: target } : undefined;
}

/** The work queue as it may have been written: with or without what a retry adds by itself. */
function workTables(queue: string, retry: Table, dead: string, { queues }: VhostTables): Table[] {
  const { overflow, deadLetter, deliveryLimit, ...rest } = withoutBindings(queues[queue] ?? {}, (each) =>
    isBinding(each, `${queue}.retry.back`, undefined),
  );
  const strategy = deadLetter !== undefined && isTable(deadLetter) ? deadLetter.strategy : undefined;
  const limits: Table[] = [
    {},
    ...(overflow === undefined ? [] : [{ overflow }]),
    ...(deliveryLimit === undefined ? [] : [{ deliveryLimit }]),
    {
      ...(overflow === undefined ? {} : { overflow }),
      ...(deliveryLimit === undefined ? {} : { deliveryLimit }),
    },
  ];
  const targets: Table[] = [{ queue: dead }, ...(strategy === undefined ? [] : [{ queue: dead, strategy }])];
  const { bindings, ...own } = rest;
  return targets.flatMap((target) =>
    limits.map((limit) => ({
      ...own,
      ...limit,
      retry,
      deadLetter: target,
      ...(bindings === undefined ? {} : { bindings }),
    })),
  );
}

interface Comparison {
  readonly tables: VhostTables;
  readonly folded: VhostTables;
  readonly names: readonly string[];
  readonly made: { readonly queues: readonly string[]; readonly exchanges: readonly string[] };
  readonly target: Target;
}

/** Compiled alone, with all that the retry touches. */
function isEqual({ tables, folded, names, made, target }: Comparison): boolean {
  const bound = names.flatMap((name) => sourcesOf(tables.queues[name] ?? {}));
  const only = (all: VhostTables): Table => ({
    ...(all.defaultQueueType === undefined ? {} : { defaultQueueType: all.defaultQueueType }),
    exchanges: pick(all.exchanges, [...made.exchanges, ...bound]),
    queues: pick(all.queues, names),
  });
  const [before, after] = [tables, folded].map((all) =>
    compileDraft({ warren: 1, vhosts: { v: only(all) } }, target).map(withoutPlace),
  );
  return canonicalJson(before) === canonicalJson(after);
}

function pick(tables: Readonly<Record<string, Table>>, names: readonly string[]): Record<string, Table> {
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(tables).filter(([name]) => wanted.has(name)));
}

export function bindingsOf(table: Table): readonly Table[] {
  const { bindings } = table;
  return Array.isArray(bindings) ? (bindings as readonly Value[]).filter(isTable) : [];
}

/** Names of the exchanges that something is bound to. */
export function sourcesOf(table: Table): readonly string[] {
  return bindingsOf(table).flatMap(({ exchange }) => (typeof exchange === 'string' ? [exchange] : []));
}

export function isBinding(binding: Table, exchange: string, key: string | undefined): boolean {
  return binding.exchange === exchange && binding.routingKey === key && binding.arguments === undefined;
}

export function withoutBindings(table: Table, isGone: (binding: Table) => boolean): Table {
  const kept = bindingsOf(table).filter((each) => !isGone(each));
  const rest = withoutKeys(table, ['bindings']);
  return kept.length === 0 ? rest : { ...rest, bindings: kept };
}

export function withoutKeys<T>(
  table: Readonly<Record<string, T>>,
  keys: readonly string[],
): Record<string, T> {
  const gone = new Set(keys);
  return Object.fromEntries(Object.entries(table).filter(([key]) => !gone.has(key)));
}

function durationOf(value: Value | undefined): number | undefined {
  return typeof value === 'string' ? parseDurationMs(value) : undefined;
}
