/** The exchanges, bindings and queues of one vhost, indexed: a message finds its bindings without a look at each. */
import type { Arguments } from '../objects';
import { templateMatches } from '../patterns/template';
import type { Target } from '../target';
import { headersMatch, matchMode } from './headers';
import type { Headers } from './headers';
import { topicTrie } from './topicTrie';

export interface RoutedExchange {
  readonly name: string;
  readonly type: string;
  readonly isInternal: boolean;
  /** Where messages go that nothing here takes. */
  readonly alternate?: string;
}

export interface RoutedBinding {
  readonly source: string;
  readonly destination: string;
  readonly destinationType: 'queue' | 'exchange';
  readonly routingKey: string;
  readonly arguments: Arguments;
}

/** What a routing table is made of. */
export interface RoutingSource {
  readonly target: Target;
  readonly exchanges: readonly RoutedExchange[];
  readonly bindings: readonly RoutedBinding[];
  readonly queues: Iterable<string>;
  /** Templates of queues that the application declares. */
  readonly families: readonly string[];
}

/** What an exchange looks at. Absent: not known, so that every binding may match. */
export interface Probe {
  /** The message's own key, then those of its CC and BCC headers. */
  readonly routingKeys?: readonly string[];
  readonly headers?: Headers;
}

/**
 * `every` binding that matches gets a copy, or `one` of them, whichever the broker chooses; with `possible` it isn't
 * known which ones match.
 */
export type MatchMode = 'every' | 'one' | 'possible';

export interface Matching {
  readonly mode: MatchMode;
  readonly bindings: readonly RoutedBinding[];
}

export interface RoutingTable {
  readonly target: Target;
  readonly exchanges: ReadonlyMap<string, RoutedExchange>;
  readonly queues: ReadonlySet<string>;
  readonly families: readonly string[];
  readonly bindingsOf: (exchange: string) => readonly RoutedBinding[];
  readonly match: (exchange: string, probe: Probe) => Matching;
  /** The template of the families that a name belongs to. */
  readonly familyOf: (queue: string) => string | undefined;
  /** Whether a binding asks for headers that only dead letters have. */
  readonly looksAtDeaths: boolean;
}

/** The default exchange, as a publisher calls it: every queue is bound to it by its name. */
export const NAMELESS_EXCHANGE = '';

/** Exchanges that are in every vhost. */
const PREDECLARED: readonly RoutedExchange[] = [
  { name: NAMELESS_EXCHANGE, type: 'direct', isInternal: false },
  { name: 'amq.direct', type: 'direct', isInternal: false },
  { name: 'amq.fanout', type: 'fanout', isInternal: false },
  { name: 'amq.topic', type: 'topic', isInternal: false },
  { name: 'amq.headers', type: 'headers', isInternal: false },
  { name: 'amq.match', type: 'headers', isInternal: false },
  { name: 'amq.rabbitmq.trace', type: 'topic', isInternal: true },
];

/** Types that give a message to one of their destinations, whatever its key looks like. */
const CHOOSING_TYPES = ['x-consistent-hash', 'x-modulus-hash', 'x-random', 'x-local-random'];

type Matcher = (probe: Probe) => Matching;

export function routingTable(source: RoutingSource): RoutingTable {
  const exchanges = new Map([...PREDECLARED, ...source.exchanges].map((each) => [each.name, each]));
  const bindings = groupBy(source.bindings, (binding) => binding.source);
  const bindingsOf = (exchange: string): readonly RoutedBinding[] => bindings.get(exchange) ?? [];
  const matchers = new Map<string, Matcher>();
  return {
    target: source.target,
    exchanges,
    queues: new Set(source.queues),
    families: source.families,
    bindingsOf,
    match: (exchange, probe) => {
      let matcher = matchers.get(exchange);
      if (matcher === undefined) {
        matcher = matcherOf(exchanges.get(exchange)?.type ?? '', bindingsOf(exchange), source.target);
        matchers.set(exchange, matcher);
      }
      return matcher(probe);
    },
    looksAtDeaths: source.bindings.some(
      (binding) =>
        matchMode(binding.arguments).endsWith('-with-x') &&
        Object.keys(binding.arguments).some((key) => /^x-(first|last)-death-/.test(key)),
    ),
    familyOf: (queue) => source.families.find((template) => templateMatches(template, queue)),
  };
}

function matcherOf(type: string, bindings: readonly RoutedBinding[], target: Target): Matcher {
  const possible: Matching = { mode: 'possible', bindings };
  const every = (matching: readonly RoutedBinding[]): Matching => ({ mode: 'every', bindings: matching });
  switch (type) {
    case 'fanout':
      return () => every(bindings);
    case 'direct': {
      const byKey = groupBy(bindings, ({ routingKey }) => routingKey);
      return ({ routingKeys }) =>
        routingKeys === undefined
          ? possible
          : every(unique(routingKeys.flatMap((key) => byKey.get(key) ?? [])));
    }
    case 'topic': {
      const trie = topicTrie(bindings.map((binding) => [binding.routingKey, binding] as const));
      return ({ routingKeys }) =>
        routingKeys === undefined ? possible : every(unique(routingKeys.flatMap(trie.match)));
    }
    case 'headers':
      return ({ headers }) =>
        headers === undefined
          ? possible
          : every(bindings.filter((binding) => headersMatch(binding.arguments, headers, target)));
    default:
      return CHOOSING_TYPES.includes(type) ? () => ({ mode: 'one', bindings }) : () => possible;
  }
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
