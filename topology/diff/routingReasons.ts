/** Queues, exchanges and bindings that come, go or are made anew: what Warren does about them, and what remains. */
import type { BindingObject, ObjectOfKind } from '../objects';
import { canonicalJson } from '../objects';
import type { Reason } from './model';
import { reason } from './reasons';
import { typeIn } from './sideIndex';
import type { VhostIndex } from './sideIndex';

export function queueDeleted(name: string): Reason[] {
  return [
    reason(
      'queue-deleted',
      `The queue ${JSON.stringify(name)} goes. Warren deletes it only once it is empty and nobody consumes from it, or with an approval.`,
      'Stop what publishes to it, let its consumers empty it, and take it out of the topology after that.',
    ),
    byName(name),
  ];
}

function byName(name: string): Reason {
  return reason(
    'published-meanwhile',
    `What is published to ${JSON.stringify(name)} by its name (default exchange) is dropped while it isn't there; a mandatory message comes back.`,
  );
}

export function queueRenamed(from: string, to: string): Reason[] {
  return [
    reason(
      'queue-renamed',
      `RabbitMQ can't rename a queue: ${JSON.stringify(to)} is made empty, and ${JSON.stringify(from)} goes with what is in it. Warren deletes it only once it is empty and nobody consumes from it, or with an approval.`,
      `Make ${JSON.stringify(to)} first, with both names in the topology; move publishers and consumers; take ${JSON.stringify(from)} out when it is empty.`,
    ),
    byName(from),
    reason(
      'consumers-cut',
      `Consumers of ${JSON.stringify(from)} get nothing from ${JSON.stringify(to)} until they are told its name.`,
    ),
  ];
}

export function queueRecreated(
  before: ObjectOfKind<'queue'>,
  after: ObjectOfKind<'queue'>,
  base: VhostIndex | undefined,
): Reason[] {
  const what = JSON.stringify(before.name);
  const isStream = typeIn(base, before.arguments) === 'stream';
  return [
    ...(isStream
      ? [
          reason(
            'stream-recreated',
            `The stream ${what} is deleted and made anew: its messages can be read, but not moved. Warren refuses that without an approval.`,
            'Make a second stream under another name, and move its publishers and readers.',
          ),
        ]
      : []),
    reason(
      'queue-recreated',
      `The queue ${what} is deleted and made anew. Its messages wait in a holding queue and come back, with its bindings; consumers are cancelled, and Warren refuses while there are some, unless approved.`,
      'Stop its consumers for the time of the change; or make a second queue under another name.',
    ),
    byName(after.name),
    reason(
      'publishers-refused',
      `Clients that declare ${what} as it was are refused (406) until they declare it as it is.`,
    ),
  ];
}

export function exchangeDeleted(name: string): Reason[] {
  return [
    reason(
      'exchange-deleted',
      `The exchange ${JSON.stringify(name)} goes with all its bindings, also those of clients: whoever publishes to it has the channel closed (404), and the message is lost.`,
      'Move its publishers first; the management UI shows its incoming rate.',
    ),
  ];
}

export function exchangeRecreated(name: string): Reason[] {
  return [
    reason(
      'exchange-recreated',
      `The exchange ${JSON.stringify(name)} is deleted and made anew. Its bindings come back, whoever made them; while it is away, publishers have their channels closed (404).`,
      'Make a second exchange under another name, bind both, and move the publishers.',
    ),
    reason(
      'published-meanwhile',
      `What is published to ${JSON.stringify(name)} while it isn't there is lost, unless its publisher sends it again.`,
    ),
    reason('publishers-refused', 'Clients that declare it as it was are refused (406).'),
  ];
}

/** A binding that goes while both its ends stay. */
export function bindingRemoved(binding: BindingObject, head: VhostIndex): Reason[] {
  const { source, destination, destinationType, routingKey } = binding;
  const rest = head.parts.bindings.filter(
    (other) =>
      other.source === source &&
      other.destination === destination &&
      other.destinationType === destinationType,
  );
  const type = head.exchanges.get(source)?.type ?? predeclaredType(source);
  const what = `${destinationType} ${JSON.stringify(destination)}`;
  if (rest.some((other) => takesAll(type, other, binding))) {
    return [reason('covered-binding', `Another binding brings the same messages to ${what}.`)];
  }
  return [
    reason(
      'binding-removed',
      `What only this binding takes (key ${JSON.stringify(routingKey)}) doesn't come to ${what} any more, and is lost where nothing else takes it.`,
      'See that its publishers have stopped, or that another binding takes these messages.',
    ),
  ];
}

function predeclaredType(exchange: string): string | undefined {
  const type = exchange.replace(/^amq\./, '');
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
      return canonicalJson(one.arguments) === canonicalJson(other.arguments);
    default:
      return false;
  }
}

/** Whether a binding key of a topic exchange takes every routing key that another one takes. */
export function topicCovers(one: string, other: string): boolean {
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
