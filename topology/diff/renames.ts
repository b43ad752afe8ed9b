/**
 * A queue that goes and one that comes with the same content: the same arguments, the same settings in the end, the same
 * bindings, and the same queues that send their dead letters there; each but for the queue's own name.
 */
import { distance } from 'fastest-levenshtein';
import type { JsonValue, QueueObject } from '../objects';
import { canonicalJson } from '../objects';
import { compareNames } from '../names';
import type { ObjectChange } from './objectChanges';
import { inOrder } from './objectChanges';
import { effectiveQueue } from './sideIndex';
import type { SideIndex, VhostIndex } from './sideIndex';
import type { Sides } from './vhostPair';

/** With the pairs taken together. */
export function withRenames(changes: readonly ObjectChange[], sides: Sides): ObjectChange[] {
  const removed = queuesOf(changes, 'removed');
  const added = queuesOf(changes, 'added');
  if (removed.length === 0 || added.length === 0) return [...changes];
  const bySignature = groups(added, sides.head);
  const renamed = new Map<QueueObject, QueueObject>();
  for (const [signature, olds] of groups(removed, sides.base)) {
    for (const [before, after] of pairs(olds, bySignature.get(signature) ?? [], signature)) {
      renamed.set(before, after);
    }
  }
  const taken = new Set<unknown>([...renamed.keys(), ...renamed.values()]);
  const rest = changes.filter((change) => {
    if (change.change === 'removed') return !taken.has(change.before);
    return change.change !== 'added' || !taken.has(change.after);
  });
  return inOrder([
    ...rest,
    ...[...renamed].map(([before, after]) => ({ change: 'renamed', before, after }) as const),
  ]);
}

function queuesOf(changes: readonly ObjectChange[], wanted: 'added' | 'removed'): QueueObject[] {
  return changes.flatMap((change) => {
    if (change.change !== wanted) return [];
    const object = change.change === 'added' ? change.after : change.before;
    return object.kind === 'queue' ? [object] : [];
  });
}

interface Content {
  readonly signature: string;
  /** Whether there is anything in it by which a queue could be recognised. */
  readonly isTelling: boolean;
}

function groups(queues: readonly QueueObject[], side: SideIndex): Map<string, QueueObject[]> {
  const indexes = new Map<string, Indexes>();
  const found = new Map<string, QueueObject[]>();
  for (const queue of queues) {
    const vhost = side.vhosts.get(queue.vhost);
    if (vhost === undefined) continue;
    const known = indexes.get(queue.vhost) ?? indexesOf(vhost, side);
    indexes.set(queue.vhost, known);
    const { signature, isTelling } = contentOf(queue, vhost, side, known);
    const key = `${isTelling ? 'telling' : 'bare'} ${signature}`;
    found.set(key, [...(found.get(key) ?? []), queue]);
  }
  return found;
}

interface Indexes {
  readonly bindingsTo: ReadonlyMap<string, readonly JsonValue[]>;
  /** Names of queues whose dead letters go to a queue through the default exchange. */
  readonly deadLettersTo: ReadonlyMap<string, readonly string[]>;
}

function indexesOf(vhost: VhostIndex, side: SideIndex): Indexes {
  const bindingsTo = new Map<string, JsonValue[]>();
  for (const { source, destination, destinationType, routingKey, arguments: table } of vhost.parts.bindings) {
    if (destinationType !== 'queue') continue;
    bindingsTo.set(destination, [...(bindingsTo.get(destination) ?? []), [source, routingKey, table]]);
  }
  const deadLettersTo = new Map<string, string[]>();
  for (const { name, arguments: given } of vhost.parts.queues.values()) {
    const { deadLetter } = effectiveQueue(vhost, name, given, side.target).settings;
    if (deadLetter?.exchange !== '' || deadLetter.routingKey === undefined) continue;
    deadLettersTo.set(deadLetter.routingKey, [...(deadLettersTo.get(deadLetter.routingKey) ?? []), name]);
  }
  return { bindingsTo, deadLettersTo };
}

function contentOf(queue: QueueObject, vhost: VhostIndex, side: SideIndex, indexes: Indexes): Content {
  const { name, durable, autoDelete, arguments: given } = queue;
  const { type, definition } = effectiveQueue(vhost, name, given, side.target);
  const bindings = (indexes.bindingsTo.get(name) ?? []).map((each) => canonicalJson(withoutName(each, name)));
  const senders = (indexes.deadLettersTo.get(name) ?? []).map((each) => withoutName(each, name));
  const others = Object.fromEntries(Object.entries(given).filter(([key]) => key !== 'x-queue-type'));
  const content = [durable, autoDelete, type, others, definition, bindings.sort(compareNames), senders];
  return {
    signature: canonicalJson([queue.vhost, withoutName(content, name)]),
    isTelling:
      bindings.length + senders.length + Object.keys(definition).length + Object.keys(others).length > 0,
  };
}

/** No text of a topology begins like this. */
const OWN_NAME = '\u0000own';

function withoutName(value: JsonValue, name: string): JsonValue {
  if (value === name) return OWN_NAME;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => withoutName(item, name));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutName(item, name)]));
}

/** The nearest names first; of queues without any content only names that are alike. */
function pairs(
  olds: readonly QueueObject[],
  news: readonly QueueObject[],
  signature: string,
): (readonly [QueueObject, QueueObject])[] {
  const isSure = signature.startsWith('telling') && olds.length === 1 && news.length === 1;
  const candidates = olds
    .flatMap((before) => news.map((after) => ({ before, after, far: distance(before.name, after.name) })))
    .filter(({ before, after, far }) => isSure || far <= Math.max(before.name.length, after.name.length) / 2)
    .sort(
      (a, b) =>
        a.far - b.far ||
        compareNames(a.before.name, b.before.name) ||
        compareNames(a.after.name, b.after.name),
    );
  const taken = new Set<QueueObject>();
  return candidates.flatMap(({ before, after }) => {
    if (taken.has(before) || taken.has(after)) return [];
    taken.add(before).add(after);
    return [[before, after] as const];
  });
}
