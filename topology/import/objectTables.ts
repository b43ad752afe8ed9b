/** Exchanges, queues and bindings in the words of the language. */
import type { Arguments, BindingObject, ExchangeObject, QueueObject, QueueType } from '../objects';
import { compareNames } from '../names';
import { canonicalJson } from '../objects';
import { TYPE, withoutType } from '../queueType';
import { without } from './settings';
import type { Words } from './settings';
import { queueTypeOf } from './vhostParts';
import type { Table, Value } from './yamlText';

export function exchangeTable(exchange: ExchangeObject, bindings: readonly BindingObject[]): Table {
  const { type, durable, autoDelete, internal, arguments: given } = exchange;
  const alternate = given['alternate-exchange'];
  const hashOn = hashOnOf(exchange);
  const rest = without(given, [
    ...(typeof alternate === 'string' ? ['alternate-exchange'] : []),
    ...(hashOn === undefined ? [] : ['hash-header', 'hash-property']),
  ]);
  return {
    ...(type === 'direct' ? {} : { type }),
    ...(durable ? {} : { durable }),
    ...(autoDelete ? { autoDelete } : {}),
    ...(internal ? { internal } : {}),
    ...(typeof alternate === 'string' ? { alternate } : {}),
    ...(hashOn === undefined ? {} : { hashOn }),
    ...argumentsTable('arguments', rest),
    ...bindingsTable(bindings),
  };
}

const HASH_PROPERTIES: readonly unknown[] = ['message_id', 'correlation_id', 'timestamp'];

function hashOnOf({ type, arguments: given }: ExchangeObject): Table | undefined {
  if (type !== 'x-consistent-hash') return undefined;
  const [header, property] = [given['hash-header'], given['hash-property']];
  if (typeof header === 'string' && property === undefined) return { header };
  if (header !== undefined || !HASH_PROPERTIES.includes(property)) return undefined;
  return { property: property as string };
}

export interface QueueContext {
  readonly words: Words | undefined;
  readonly bindings: readonly BindingObject[];
  readonly defaultType: QueueType;
  /** Whose the arguments are: an application's, which declares the queue too, or of whoever manages the queue. */
  readonly argumentsOf: 'application' | 'manager';
}

/** Arguments that have a word, by queue type. What is left is what the application declares it with. */
const SIZE_ARGUMENTS: Readonly<Partial<Record<QueueType, string>>> = {
  quorum: 'x-quorum-initial-group-size',
  stream: 'x-initial-cluster-size',
};

export function queueTable(queue: QueueObject, context: QueueContext): Table {
  const { words, bindings } = context;
  const { durable, autoDelete } = queue;
  const { type, rest } =
    context.argumentsOf === 'manager' ? managed(queue, context) : declared(queue, context);
  return {
    ...type,
    ...(durable ? {} : { durable }),
    ...(autoDelete ? { autoDelete } : {}),
    ...words?.table,
    ...rest,
    ...bindingsTable(bindings),
  };
}

type TypeAndRest = Readonly<Record<'type' | 'rest', Table>>;

function declared(queue: QueueObject, { words, defaultType }: QueueContext): TypeAndRest {
  const { arguments: given } = queue;
  const type = queueTypeOf(queue);
  const own = ownWords(given, type);
  const isPlain = Object.keys(given).every((key) => key === TYPE || own.keys.includes(key));
  const isMirrored = words?.isMirrored === true;
  return {
    type: isPlain || isMirrored ? typeTable(type, { defaultType, isMirrored }) : {},
    rest: isPlain ? own.table : declaredWith(given, defaultType),
  };
}

/** What has a word is said by it, and nothing else is an application's. */
function managed(queue: QueueObject, { words, defaultType }: QueueContext): TypeAndRest {
  const { arguments: given } = queue;
  const isTyped = given[TYPE] === queueTypeOf(queue);
  const type = isTyped || TYPE in given ? queueTypeOf(queue) : defaultType;
  const own = ownWords(given, type);
  const rest = without(given, [...own.keys, ...(isTyped ? [TYPE] : [])]);
  return {
    type: {
      ...(isTyped ? { type } : {}),
      ...(words?.isMirrored === true ? { type, replicated: true } : {}),
    },
    rest: { ...own.table, ...argumentsTable('arguments', rest) },
  };
}

function typeTable(
  type: QueueType,
  { defaultType, isMirrored }: { readonly defaultType: QueueType; readonly isMirrored: boolean },
): Table {
  // Without its type it would become a quorum queue.
  if (isMirrored) return { type, replicated: true };
  // Among streams, a replicated queue is one.
  if (type === 'quorum') return defaultType === 'stream' ? { type } : { replicated: true };
  return type === 'classic' && defaultType === 'classic' ? {} : { type };
}

function ownWords(
  given: Arguments,
  type: QueueType,
): { readonly table: Table; readonly keys: readonly string[] } {
  const [priorities, single] = [given['x-max-priority'], given['x-single-active-consumer']];
  const sizeKey = SIZE_ARGUMENTS[type];
  const size = sizeKey === undefined ? undefined : given[sizeKey];
  const hasPriorities = type === 'classic' && isBetween(priorities, 255);
  const hasSize = isBetween(size, 255);
  return {
    table: {
      ...(hasPriorities ? { priorities } : {}),
      ...(single === true ? { singleActiveConsumer: true } : {}),
      ...(hasSize ? { initialClusterSize: size } : {}),
    },
    keys: [
      ...(hasPriorities ? ['x-max-priority'] : []),
      ...(single === true ? ['x-single-active-consumer'] : []),
      ...(hasSize && sizeKey !== undefined ? [sizeKey] : []),
    ],
  };
}

function isBetween(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;
}

/** From 4.0 on, the broker adds the vhost's default type to what the application said; without it, a queue is classic. */
function declaredWith(given: Arguments, defaultType: QueueType): Table {
  if (given[TYPE] === defaultType) return argumentsTable('declaredWith', withoutType(given));
  const isClassic = !(TYPE in given) && defaultType !== 'classic';
  return argumentsTable('declaredWith', isClassic ? { ...given, [TYPE]: 'classic' } : given);
}

export function argumentsTable(word: string, given: Arguments): Table {
  if (Object.keys(given).length === 0) return {};
  const entries = Object.entries(given).sort(([a], [b]) => compareNames(a, b));
  return { [word]: Object.fromEntries(entries) };
}

function bindingsTable(bindings: readonly BindingObject[]): Table {
  if (bindings.length === 0) return {};
  const sorted = bindings
    .map((binding) => ({ binding, key: canonicalJson(binding.arguments) }))
    .sort(
      (a, b) =>
        compareNames(a.binding.source, b.binding.source) ||
        compareNames(a.binding.routingKey, b.binding.routingKey) ||
        compareNames(a.key, b.key),
    );
  return {
    bindings: sorted.map(({ binding }): Value => ({
      exchange: binding.source,
      ...(binding.routingKey === '' ? {} : { routingKey: binding.routingKey }),
      ...argumentsTable('arguments', binding.arguments),
    })),
  };
}
