/** A policy's definition said in the words of the language: the inverse of `settingsDefinition`. */
import { buildSettings } from '../build/queues';
import type { Arguments, ArgumentValue } from '../objects';
import { canonicalJson } from '../objects';
import { MIRRORING, settingsDefinition } from '../resolve/policyDefinitions';
import { formatDuration, formatSize } from '../units';
import { isSchemaFine } from './compileDraft';
import type { Table, Value } from './yamlText';

export interface Words {
  readonly table: Table;
  /** Mirrored on all nodes (3.x), as `replicated: true` would have it. */
  readonly isMirrored: boolean;
}

/** Undefined where the words would not say exactly this. */
export function wordsOf(definition: Arguments): Words | undefined {
  const isMirrored = Object.keys(MIRRORING).every((key) => definition[key] === MIRRORING[key]);
  const rest = isMirrored ? without(definition, Object.keys(MIRRORING)) : definition;
  const table = inWords(rest);
  if (table === undefined) return undefined;
  const said = settingsDefinition(buildSettings(table));
  const isExact = canonicalJson(said) === canonicalJson(rest) && isSchemaFine({ queues: { q: table } });
  return isExact ? { table, isMirrored } : undefined;
}

export function without(table: Arguments, keys: readonly string[]): Arguments {
  return Object.fromEntries(Object.entries(table).filter(([key]) => !keys.includes(key)));
}

type Write = (value: ArgumentValue) => Value | undefined;

const asIs: Write = (value) => value;
const duration: Write = (value) => (isCount(value) ? formatDuration(value) : undefined);
const size: Write = (value) => (isCount(value) ? shortSize(value) : undefined);

/** In the order in which they are written. */
const WORDS: readonly (readonly [key: string, word: string, write: Write])[] = [
  ['message-ttl', 'ttl', duration],
  ['expires', 'expires', duration],
  ['max-length', 'maxLength', asIs],
  ['max-length-bytes', 'maxLengthBytes', size],
  ['overflow', 'overflow', asIs],
  ['delivery-limit', 'deliveryLimit', asIs],
  ['consumer-timeout', 'consumerTimeout', duration],
  ['consumer-disconnected-timeout', 'consumerDisconnectedTimeout', duration],
  ['queue-leader-locator', 'leaderLocator', asIs],
  ['target-group-size', 'targetGroupSize', asIs],
  ['queue-version', 'queueVersion', asIs],
  ['max-age', 'maxAge', age],
  ['stream-max-segment-size-bytes', 'maxSegmentSize', size],
  ['stream-filter-size-bytes', 'filterSize', asIs],
];

const GROUPED = /^(dead-letter|delayed-retry)-/;

function inWords(definition: Arguments): Table | undefined {
  const table: Record<string, Value> = {};
  const known = new Set(WORDS.map(([key]) => key));
  for (const key of Object.keys(definition)) if (!known.has(key) && !GROUPED.test(key)) return undefined;
  for (const [key, word, write] of WORDS) {
    const value = definition[key];
    if (value === undefined) continue;
    const written = write(value);
    if (written === undefined) return undefined;
    table[word] = written;
  }
  const deadLetter = deadLetterOf(definition);
  if (deadLetter !== undefined) table.deadLetter = deadLetter;
  const type = definition['delayed-retry-type'];
  if (type !== undefined) {
    const [min, max] = [definition['delayed-retry-min'], definition['delayed-retry-max']];
    if (!isCount(min) || (max !== undefined && !isCount(max))) return undefined;
    table.delayedRetry = {
      ...(type === 'all' ? {} : { type }),
      min: formatDuration(min),
      ...(max === undefined ? {} : { max: formatDuration(max) }),
    };
  }
  return table;
}

function deadLetterOf(definition: Arguments): Table | undefined {
  const [exchange, key] = [definition['dead-letter-exchange'], definition['dead-letter-routing-key']];
  const strategy = definition['dead-letter-strategy'];
  if (typeof exchange !== 'string') return undefined;
  const rest: Table = strategy === undefined ? {} : { strategy };
  // The default exchange routes to the queue that the key names.
  if (exchange === '') return typeof key === 'string' ? { queue: key, ...rest } : undefined;
  return { exchange, ...(key === undefined ? {} : { routingKey: key }), ...rest };
}

function age(value: ArgumentValue): Value | undefined {
  const seconds = /^(\d+)s$/.exec(String(value))?.[1];
  return seconds === undefined ? undefined : formatDuration(Number(seconds) * 1000);
}

function isCount(value: ArgumentValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** `1234B` says no more than the number. */
export function shortSize(bytes: number): Value {
  const text = formatSize(bytes);
  return /\dB$/.test(text) ? bytes : text;
}
