/** Why a message is not routed: the bindings that would almost have taken it, and what is missing. */
import { distance } from 'fastest-levenshtein';
import { compareNames } from '../names';
import type { Target } from '../target';
import { headerConditions } from './headers';
import type { HeaderCondition, HeaderValue } from './headers';
import type { Probe, RoutedBinding, RoutedExchange, RoutingTable } from './table';
import { NAMELESS_EXCHANGE } from './table';
import type { Routing } from './route';
import { topicMatches, wordsOf } from './topicTrie';

export interface NearMiss {
  readonly exchange: RoutedExchange;
  readonly binding: RoutedBinding;
  /** In one sentence without its full stop. */
  readonly difference: string;
}

interface Candidate extends NearMiss {
  /** 0 is a match, 1 nothing in common. */
  readonly distance: number;
}

/** More is no help, and neither is what is far off beside something near. */
const SHOWN_MAX = 5;
const DISTANCE_MAX = 0.6;
const FURTHER_THAN_NEAREST = 0.15;

/** The bindings, of the exchanges that had none for it, which come nearest; the nearest first. */
export function nearMisses(table: RoutingTable, routing: Routing, probe: Probe): NearMiss[] {
  const candidates = [...routing.steps.values()]
    .filter(({ bindings }) => bindings.length === 0)
    .flatMap(({ exchange }) => candidatesAt(table, exchange, probe))
    .filter((candidate) => candidate.distance <= DISTANCE_MAX);
  const nearest = Math.min(...candidates.map((candidate) => candidate.distance));
  return candidates
    .filter((candidate) => candidate.distance <= nearest + FURTHER_THAN_NEAREST)
    .sort((a, b) => a.distance - b.distance || compareNames(a.binding.destination, b.binding.destination))
    .slice(0, SHOWN_MAX)
    .map(({ exchange, binding, difference }) => ({ exchange, binding, difference }));
}

function candidatesAt(table: RoutingTable, exchange: RoutedExchange, probe: Probe): Candidate[] {
  const bindings = exchange.name === NAMELESS_EXCHANGE ? queueNames(table) : table.bindingsOf(exchange.name);
  return bindings.flatMap((binding): Candidate[] => {
    const compared =
      exchange.type === 'headers'
        ? compareHeaders(binding, probe, table.target)
        : closest((probe.routingKeys ?? []).map((key) => compareKeys(exchange, binding.routingKey, key)));
    return compared === undefined ? [] : [{ exchange, binding, ...compared }];
  });
}

function closest(comparisons: readonly Comparison[]): Comparison | undefined {
  return [...comparisons].sort((a, b) => a.distance - b.distance)[0];
}

function compareKeys({ type }: RoutedExchange, expected: string, key: string): Comparison {
  return type === 'topic' ? compareTopics(expected, key) : compareTexts(expected, key);
}

function queueNames({ queues }: RoutingTable): RoutedBinding[] {
  return [...queues].map((name) => ({
    source: NAMELESS_EXCHANGE,
    destination: name,
    destinationType: 'queue',
    routingKey: name,
    arguments: {},
  }));
}

type Comparison = Pick<Candidate, 'distance' | 'difference'>;

function compareTexts(expected: string, key: string): Comparison {
  const differences = distance(expected, key) / Math.max(expected.length, key.length, 1);
  const isCase = expected.toLowerCase() === key.toLowerCase();
  return {
    distance: isCase ? 0 : differences,
    difference: isCase
      ? `it is ${JSON.stringify(expected)}: upper and lower case count`
      : `it is ${JSON.stringify(expected)}`,
  };
}

/** Word by word; for patterns with `#`, and keys of another length, by the number of words. */
function compareTopics(pattern: string, key: string): Comparison {
  const [expected, words] = [wordsOf(pattern), wordsOf(key)];
  if (expected.length !== words.length || expected.includes('#')) {
    const whole = distance(pattern, key) / Math.max(pattern.length, key.length, 1);
    const begins = expected.filter((word) => words.includes(word) || word === '*').length;
    return {
      distance: Math.max(whole, 1 - begins / Math.max(expected.length, words.length)),
      difference: expected.includes('#')
        ? 'its other words are not all there'
        : `it takes ${counted(expected.length)}, the key has ${counted(words.length)}`,
    };
  }
  const wrong = expected.flatMap((word, index) => {
    const given = words[index] ?? '';
    return topicMatches(word, given) ? [] : [{ word, given }];
  });
  const sizes = wrong.map(
    ({ word, given }) => distance(word, given) / Math.max(word.length, given.length, 1),
  );
  return {
    distance: sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, expected.length),
    difference: wrong
      .map(({ word, given }) => `${JSON.stringify(given)} is not ${JSON.stringify(word)}`)
      .join(', '),
  };
}

function counted(words: number): string {
  return words === 1 ? '1 word' : `${words} words`;
}

function compareHeaders(binding: RoutedBinding, { headers = {} }: Probe, target: Target): Comparison {
  const conditions = headerConditions(binding.arguments, headers, target);
  const unmet = conditions.filter(({ isMet }) => !isMet);
  const isPresent = ({ name }: HeaderCondition): boolean => Object.hasOwn(headers, name);
  const missing = unmet.filter((condition) => !isPresent(condition)).length;
  return {
    // A header that is there with another value is nearer than none.
    distance:
      conditions.length === 0 ? 1 : (0.3 * (unmet.length - missing) + 0.6 * missing) / conditions.length,
    difference: unmet
      .map((condition) => {
        const { name, expected } = condition;
        const asked = `the header ${name} must be ${described(expected as HeaderValue)}`;
        return isPresent(condition)
          ? `${asked}, not ${described(headers[name] ?? null)}`
          : `${asked}, and isn't there`;
      })
      .join(', '),
  };
}

/** With its type, where two values look alike. */
function described(value: HeaderValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null) return 'void';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : `${value.double} as a double`;
  return String(value);
}
