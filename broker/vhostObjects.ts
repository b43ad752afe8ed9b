/**
 * Everything that a topology has in one vhost, brought about at once: one look at what is there, then only what is
 * missing or different, in creation order, as many requests at a time as the connections allow.
 */
import type {
  BrokerObject,
  ExchangeObject,
  ObjectOfKind,
  QueueObject,
  QueueType,
  VhostPart,
  VhostPartKind,
} from '../topology/objects';
import type { Approvals } from './guards/approvals';
import type { Snapshot } from './snapshot';
import type { Broker } from './api/transport';
import { CREATION_ORDER, VHOST_PART_KINDS, canonicalJson, identityKey } from '../topology/objects';
import { autoDeleteExchanges, bringAutoDeletedBack } from './replacement/autoDeletedExchanges';
import * as bindings from './kinds/bindings';
import { setExchangeAside, strandedBy } from './replacement/exchangeReplacement';
import { holdingName, isUnfinished } from './replacement/holding';
import { leftoversIn, type Leftover } from './replacement/leftovers';
import * as objects from './objects';
import { refusalToDelete } from './guards/queueDeletion';
import { refusalToRecreate, setQueueAside } from './replacement/queueReplacement';
import { TYPE, inFormOfQueue } from '../topology/queueType';
import { readSnapshot } from './snapshot';
import * as vhosts from './kinds/vhosts';

export interface Task {
  readonly vhost: string;
  readonly wanted: readonly VhostPart[];
  /** What was made earlier: taken away where it isn't wanted any more, and recreated where it must be. */
  readonly previous: readonly VhostPart[];
  /** Whether one that isn't wanted any more is somebody else's by now. */
  readonly isClaimed: (object: VhostPart) => boolean;
  readonly approvals: Approvals;
  /** Hears of what was set aside for what is gone and isn't brought back here. */
  readonly onLeftovers?: (leftovers: readonly Leftover[]) => Promise<void>;
  /** Hears of the bindings of others that go with an exchange. */
  readonly onStranded?: (inWords: string) => Promise<void>;
}

export interface Outcome {
  /** Of the wanted and the previous ones: what is there now. */
  readonly present: readonly VhostPart[];
  /** Why it isn't all as wanted; what comes after a failure in creation order was not tried. */
  readonly failures: readonly string[];
}

/** Does as much as it can. @throws BrokerError where the vhost can't be read at all */
export async function bringAbout(broker: Broker, task: Task): Promise<Outcome> {
  const snapshot = await readSnapshot(broker, { vhost: task.vhost });
  const present = new Map<string, VhostPart>();
  const previous = new Map(task.previous.map((object) => [identityKey(object), object]));
  const wanted = new Set(task.wanted.map(identityKey));
  for (const [key, object] of previous) {
    const isHeld = !wanted.has(key) && (await hasSetAside(snapshot, object));
    if (isHeld || foundIn(snapshot, object) !== undefined) present.set(key, object);
  }
  await task.onLeftovers?.(leftoversIn(snapshot).filter((leftover) => !isWanted(leftover, task.wanted)));

  // A run that was cut off may have left it without a leader, which no list shows.
  const isAdoptedQuorumQueue = (object: VhostPart): boolean =>
    object.kind === 'queue' && object.arguments[TYPE] === 'quorum' && !previous.has(identityKey(object));
  const bring = async (object: VhostPart): Promise<void> => {
    const key = identityKey(object);
    const found = foundIn(snapshot, object);
    const isRecreatable = object.kind === 'queue' || object.kind === 'exchange';
    if (found === undefined || !isEqual(found, object)) {
      const isOurs = found !== undefined && previous.has(key);
      if (isOurs && isRecreatable) {
        await recreate(broker, object, task.approvals, () => present.delete(key));
      } else await objects.put(broker, object, task.approvals);
    } else if (isRecreatable && (isAdoptedQuorumQueue(object) || (await isUnfinished(snapshot, object)))) {
      await objects.put(broker, object, task.approvals);
    }
    present.set(key, object);
  };
  const unwanted = [...previous.values()].filter(
    (object) => !wanted.has(identityKey(object)) && !task.isClaimed(object),
  );
  // Whoever has emptied a queue so far still may, where its deletion is refused.
  const areQueuesGoing = unwanted.some(({ kind }) => kind === 'queue');
  const isLater = (object: VhostPart): boolean =>
    areQueuesGoing && isAccess(object) && previous.has(identityKey(object));
  const [later, sooner] = [task.wanted.filter(isLater), task.wanted.filter((object) => !isLater(object))];
  for (const kind of inCreationOrder()) {
    const failures = await each(sooner, kind, bring);
    if (failures.length > 0) return { present: [...present.values()], failures };
  }
  // Somebody else's leave this table, not the broker.
  for (const key of previous.keys()) if (!wanted.has(key)) present.delete(key);
  const kept =
    unwanted.length === 0 ? [] : await autoDeleteExchanges(broker, task.wanted.filter(isAutoDelete));
  const { left, failures } = await takeAway(broker, unwanted, { ...task, snapshot });
  const gone = new Set(unwanted.map(identityKey));
  await bringAutoDeletedBack(broker, kept, (binding) => gone.has(identityKey(binding)));
  if (failures.length > 0) return { present: [...present.values(), ...left], failures };
  const failuresOfAccess = await Promise.all(ACCESS_KINDS.map((kind) => each(later, kind, bring)));
  return { present: [...present.values()], failures: failuresOfAccess.flat() };
}

function isWanted({ kind, holding }: Leftover, wanted: readonly VhostPart[]): boolean {
  return wanted.some((object) => object.kind === kind && holdingName(kind, object.name) === holding);
}

function isAutoDelete(object: VhostPart): object is ExchangeObject {
  return object.kind === 'exchange' && object.autoDelete;
}

const ACCESS_KINDS = ['permissions', 'topicPermissions'] as const;

function isAccess({ kind }: VhostPart): boolean {
  return (ACCESS_KINDS as readonly string[]).includes(kind);
}

/** Why `bringAbout` would refuse to recreate or delete queues as things are now. Nothing is touched. */
export async function foreseeRefusals(
  broker: Broker,
  { vhost, wanted, previous, isClaimed, approvals }: Task,
): Promise<readonly string[]> {
  const wantedByKey = new Map(wanted.map((object) => [identityKey(object), object]));
  const defaultType = (await vhosts.read(broker, vhost))?.defaultQueueType;
  const refusals = await Promise.all(
    previous.map(async (object) => {
      if (object.kind !== 'queue') return undefined;
      const replacement = wantedByKey.get(identityKey(object)) as QueueObject | undefined;
      if (replacement === undefined) {
        return isClaimed(object) ? undefined : refusalToDelete(broker, object, approvals);
      }
      if (isEqual(inFormOf(object, replacement, defaultType), replacement)) return undefined;
      return refusalToRecreate(broker, object, { approvals, replacement });
    }),
  );
  return refusals.filter((refusal) => refusal !== undefined);
}

interface Surroundings extends Pick<Task, 'approvals' | 'onStranded'> {
  readonly snapshot: Snapshot;
}

/**
 * Queues first: one that may not go keeps its bindings, and everything that it may need stays. What is bound to a
 * queue goes with it.
 */
async function takeAway(
  broker: Broker,
  unwanted: readonly VhostPart[],
  surroundings: Surroundings,
): Promise<{ readonly left: readonly VhostPart[]; readonly failures: readonly string[] }> {
  const { snapshot } = surroundings;
  const left = new Map<string, VhostPart>();
  for (const object of unwanted) {
    const isThere = foundIn(snapshot, object) !== undefined || (await hasSetAside(snapshot, object));
    if (isThere) left.set(identityKey(object), object);
  }
  const deletedQueues = new Set<string>();
  const kinds = inCreationOrder().reverse();
  for (const kind of ['queue', ...kinds.filter((other) => other !== 'queue')] as const) {
    const failures = await each([...left.values()], kind, async (object) => {
      const wentAlong =
        object.kind === 'binding' &&
        object.destinationType === 'queue' &&
        deletedQueues.has(object.destination);
      if (!wentAlong) await remove(broker, object, surroundings);
      if (object.kind === 'queue') deletedQueues.add(object.name);
      left.delete(identityKey(object));
    });
    if (failures.length > 0) {
      for (const [key, object] of left)
        if (
          object.kind === 'binding' &&
          object.destinationType === 'queue' &&
          deletedQueues.has(object.destination)
        )
          left.delete(key);
      return { left: [...left.values()], failures };
    }
  }
  return { left: [], failures: [] };
}

/** It may be gone, and its messages and bindings be held: only its own deletion judges and clears that. */
async function hasSetAside(snapshot: Snapshot, object: VhostPart): Promise<boolean> {
  return (object.kind === 'queue' || object.kind === 'exchange') && isUnfinished(snapshot, object);
}

async function remove(
  broker: Broker,
  object: VhostPart,
  { snapshot, approvals, onStranded }: Surroundings,
): Promise<void> {
  const stranded = object.kind === 'exchange' ? await strandedBy(broker, object) : undefined;
  const key = object.kind === 'binding' ? snapshot.find<'binding'>(object)?.propertiesKey : undefined;
  if (object.kind === 'binding' && key !== undefined) await bindings.remove(broker, object, key);
  else await objects.remove(broker, object, approvals);
  if (stranded !== undefined) await onStranded?.(stranded);
}

/** Deletes and declares it again; its messages, and what was bound to it by whomever, come back. */
async function recreate(
  broker: Broker,
  object: ObjectOfKind<'queue' | 'exchange'>,
  approvals: Approvals,
  onGone: () => void,
): Promise<void> {
  if (object.kind === 'queue') await setQueueAside(broker, object, { approvals, replacement: object });
  else await setExchangeAside(broker, object);
  onGone();
  await objects.put(broker, object);
}

/** What `find` gives, without what the topology doesn't say: so it is equal where nothing has to be done. */
export function inFormOf<P extends VhostPart>(
  found: BrokerObject,
  object: P,
  defaultType: QueueType | undefined,
): P {
  if (found.kind === 'queue' && object.kind === 'queue') {
    return inFormOfQueue(found, object, defaultType) as BrokerObject as P;
  }
  if (found.kind !== 'binding') return found as P;
  // A binding that is there at all is the same.
  return object;
}

function foundIn(snapshot: Snapshot, object: VhostPart): VhostPart | undefined {
  const found = snapshot.find(object);
  return found === undefined ? undefined : inFormOf(found, object, defaultTypeOf(snapshot, object.vhost));
}

/** Of the queues of a vhost for which nobody says a type. */
function defaultTypeOf(snapshot: Snapshot, vhost: string): QueueType | undefined {
  return snapshot.find({ kind: 'vhost', name: vhost })?.defaultQueueType;
}

function isEqual(found: VhostPart, object: VhostPart): boolean {
  return canonicalJson(found) === canonicalJson(object);
}

function inCreationOrder(): VhostPartKind[] {
  return CREATION_ORDER.filter((kind): kind is VhostPartKind =>
    (VHOST_PART_KINDS as readonly string[]).includes(kind),
  );
}

/** Runs all of one kind, whatever fails; the broker's connections bound how many at a time. */
async function each(
  all: readonly VhostPart[],
  kind: VhostPartKind,
  run: (object: VhostPart) => Promise<void>,
): Promise<readonly string[]> {
  const results = await Promise.allSettled(all.filter((object) => object.kind === kind).map(run));
  const failed = results.filter((result) => result.status === 'rejected');
  return failed.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason)));
}
