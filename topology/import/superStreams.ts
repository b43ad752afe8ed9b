/** Super streams, taken for one only where it is exactly what a topology's `superStreams` makes. */
import { canonicalJson } from '../objects';
import type { ExchangeObject } from '../objects';
import { bindingsOf, sourcesOf, withoutKeys } from './retries';
import type { VhostTables } from './retries';
import type { Table, Value } from './yamlText';

export interface WithSuperStreams extends VhostTables {
  readonly superStreams: Readonly<Record<string, Table>>;
}

/** What a super stream can say about its partitions. */
const WORDS = [
  'maxAge',
  'maxSegmentSize',
  'filterSize',
  'leaderLocator',
  'initialClusterSize',
  'maxLengthBytes',
];

export function foldSuperStreams(vhost: VhostTables, exchanges: readonly ExchangeObject[]): WithSuperStreams {
  let tables = vhost;
  const superStreams: Record<string, Table> = {};
  const boundBy = partitionsByExchange(vhost);
  for (const exchange of exchanges) {
    if (exchange.arguments['x-super-stream'] !== true) continue;
    const folded = fold(exchange, tables, boundBy.get(exchange.name) ?? []);
    if (folded === undefined) continue;
    superStreams[exchange.name] = folded.table;
    tables = folded.tables;
  }
  return { ...tables, superStreams };
}

function partitionsByExchange({ queues }: VhostTables): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, table] of Object.entries(queues)) {
    for (const exchange of sourcesOf(table)) {
      const list = found.get(exchange) ?? [];
      list.push(name);
      found.set(exchange, list);
    }
  }
  return found;
}

function fold(
  exchange: ExchangeObject,
  tables: VhostTables,
  bound: readonly string[],
): { readonly table: Table; readonly tables: VhostTables } | undefined {
  const { name, type, durable, autoDelete, internal } = exchange;
  const isPlain = type === 'direct' && durable && !autoDelete && !internal;
  const isAlone =
    Object.keys(exchange.arguments).length === 1 && bindingsOf(tables.exchanges[name] ?? {}).length === 0;
  if (!isPlain || !isAlone || bound.length === 0) return undefined;
  const names = bound.map((_, index) => `${name}-${index}`);
  const bodies = names.map((each, index) => partitionBody(tables.queues[each], name, index));
  const [first] = bodies;
  if (first === undefined || bodies.some((body) => canonicalJson(body ?? null) !== canonicalJson(first)))
    return undefined;
  const queues = withoutKeys(tables.queues, names);
  const exchanges = withoutKeys(tables.exchanges, [name]);
  return { table: { partitions: names.length, ...first }, tables: { ...tables, queues, exchanges } };
}

/** What the partition says beside being one; undefined where it is none. */
function partitionBody(table: Table | undefined, name: string, index: number): Table | undefined {
  if (table === undefined) return undefined;
  const { type, bindings, ...rest } = table;
  const expected: Value = [
    { exchange: name, routingKey: String(index), arguments: { 'x-stream-partition-order': index } },
  ];
  if (type !== 'stream' || canonicalJson(bindings) !== canonicalJson(expected)) return undefined;
  return Object.keys(rest).every((word) => WORDS.includes(word)) ? rest : undefined;
}
