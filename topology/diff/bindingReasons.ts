/** Bindings that come or go: which messages come to their destination, or to another one, from then on. */
import type { Arguments, BindingObject } from '../objects';
import { canonicalJson } from '../objects';
import { countingArguments, matchMode } from '../route/headers';
import type { Reason } from './model';
import { reason } from './reasons';
import { effectiveExchange } from './sideIndex';
import type { VhostIndex } from './sideIndex';

/** A binding that comes, between what was there before; `isPart` of a queue or not. */
export function bindingAdded(
  binding: BindingObject,
  base: VhostIndex | undefined,
  head: VhostIndex | undefined,
): Reason[] {
  if (base === undefined || head === undefined) return [];
  if (isHashing(binding, base, head)) return hashReasons(binding, base);
  return redirectReasons(binding, base);
}

/** What nothing took went to the alternate exchange: some of it now comes here. */
function redirectReasons(binding: BindingObject, base: VhostIndex): Reason[] {
  const { source } = binding;
  const exchange = base.exchanges.get(source);
  if (exchange === undefined) return [];
  const alternate = effectiveExchange(base, source, exchange.arguments).definition['alternate-exchange'];
  if (typeof alternate !== 'string') return [];
  const isTaken = base.parts.bindings.some(
    (other) => other.source === source && takesAll(exchange.type, other, binding),
  );
  if (isTaken) return [];
  return [
    reason(
      'unrouted-redirected',
      `What only this binding takes (${conditionOf(binding)}) comes to ${destinationOf(binding)}, and no more to the alternate exchange ${JSON.stringify(alternate)}: who waits for it there gets no more.`,
      'See that somebody consumes it here, or bind the old destination as well.',
    ),
  ];
}

/** A binding that goes while the vhost stays; its queue or exchange may go with it, and says then what is lost. */
export function bindingRemoved(
  binding: BindingObject,
  isPart: boolean,
  base: VhostIndex | undefined,
  head: VhostIndex | undefined,
): Reason[] {
  if (head === undefined) return [];
  if (base !== undefined && isHashing(binding, base, head)) {
    const moved = hashReasons(binding, head);
    if (moved.length > 0) return moved;
  }
  if (isPart) return [];
  const { source, destination, destinationType } = binding;
  const rest = head.parts.bindings.filter(
    (other) =>
      other.source === source &&
      other.destination === destination &&
      other.destinationType === destinationType,
  );
  const what = destinationOf(binding);
  if (rest.some((other) => takesAll(typeOf(head, source), other, binding))) {
    return [reason('covered-binding', `Another binding brings the same messages to ${what}.`)];
  }
  return [
    reason(
      'binding-removed',
      `What only this binding takes (${conditionOf(binding)}) doesn't come to ${what} any more, and is lost where nothing else takes it.`,
      'See that its publishers have stopped, or that another binding takes these messages.',
    ),
  ];
}

const HASHING_TYPES = ['x-consistent-hash', 'x-modulus-hash'];

function isHashing({ source }: BindingObject, ...sides: readonly VhostIndex[]): boolean {
  return sides.every((side) => HASHING_TYPES.includes(side.exchanges.get(source)?.type ?? ''));
}

/** @param others the side whose other bindings share the keys with this one */
function hashReasons(binding: BindingObject, others: VhostIndex): Reason[] {
  if (!others.parts.bindings.some(({ source }) => source === binding.source)) return [];
  return [
    reason(
      'keys-moved',
      `The exchange ${JSON.stringify(binding.source)} shares the keys out anew among its queues: later messages of some keys come to another queue than earlier ones that still wait, and may overtake them.`,
      'Stop the publishers and let the queues run empty first, where the order of a key counts.',
    ),
  ];
}

function destinationOf({ destination, destinationType }: BindingObject): string {
  return `${destinationType} ${JSON.stringify(destination)}`;
}

function conditionOf({ routingKey, arguments: table }: BindingObject): string {
  return Object.keys(table).length === 0
    ? `key ${JSON.stringify(routingKey)}`
    : `headers ${canonicalJson(table)}`;
}

function typeOf(side: VhostIndex, exchange: string): string | undefined {
  const known = side.exchanges.get(exchange)?.type;
  if (known !== undefined || !exchange.startsWith('amq.')) return known;
  const type = exchange === 'amq.match' ? 'headers' : exchange.slice('amq.'.length);
  return ['direct', 'fanout', 'topic', 'headers'].includes(type) ? type : undefined;
}

/** Whether one binding takes every message that another one takes. What isn't known, it doesn't. */
function takesAll(type: string | undefined, one: BindingObject, other: BindingObject): boolean {
  switch (type) {
    case 'fanout':
      return true;
    case 'direct':
      return one.routingKey === other.routingKey;
    case 'topic':
      return topicCovers(one.routingKey, other.routingKey);
    case 'headers':
      return headersCover(one.arguments, other.arguments);
    default:
      return false;
  }
}

type Conditions = readonly string[];

/** All that the other one asks for is met by a message that it takes; of `any`, one of it. */
function headersCover(one: Arguments, other: Arguments): boolean {
  const conditions = (table: Arguments): Conditions =>
    countingArguments(table).map((each) => canonicalJson(each));
  const own = conditions(one);
  const takes = (met: Conditions): boolean =>
    isAny(one) ? own.some((each) => met.includes(each)) : own.every((each) => met.includes(each));
  const met = conditions(other);
  return isAny(other) ? met.every((each) => takes([each])) : takes(met);
}

function isAny(table: Arguments): boolean {
  return matchMode(table).startsWith('any');
}

/** Whether a binding key of a topic exchange takes every routing key that another one takes. */
function topicCovers(one: string, other: string): boolean {
  const words = (key: string): readonly string[] => (key === '' ? [] : key.split('.'));
  return covers(words(one), words(other));
}

function covers(one: readonly string[], other: readonly string[]): boolean {
  const [head, ...rest] = one;
  const [word, ...others] = other;
  if (head === '#') return covers(rest, other) || (word !== undefined && covers(one, others));
  if (word === undefined) return head === undefined;
  if (head === undefined || word === '#') return false;
  return (head === '*' || head === word) && covers(rest, others);
}
