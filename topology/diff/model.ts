/**
 * What a change of a topology does: a plain value that can be written as JSON (`schema.json` beside this file), from
 * which every report is made. Values of secrets are hidden in it already; names are as they are, and untrusted.
 */
import type { SourcePosition } from '../diagnostics';
import type { Arguments, BrokerObject, BrokerObjectKind, JsonValue } from '../objects';
import type { Target } from '../target';

/** Goes up with every change that a reader of the JSON would stumble over. */
export const DIFF_VERSION = 1;

/**
 * From the mildest to the worst. `none`: no effect on anything that is there. `disruptive`: clients are cut off or
 * refused. `destructive`: messages or objects are lost. `security`: access is widened.
 */
export const CHANGE_CLASSES = ['none', 'safe', 'disruptive', 'destructive', 'security'] as const;
export type ChangeClass = (typeof CHANGE_CLASSES)[number];

export interface TopologyDiff {
  readonly version: typeof DIFF_VERSION;
  readonly base: DiffSide;
  readonly head: DiffSide;
  readonly summary: DiffSummary;
  /** In the order in which `up` does them; those without an effect among them. */
  readonly changes: readonly Change[];
}

export interface DiffSide {
  /** As the user named it: a file, `git:REF:PATH`, `live:URL`. */
  readonly name: string;
  readonly target: Target;
}

export interface DiffSummary {
  /** Of all changes. */
  readonly worst: ChangeClass;
  /** How many changes have this as their class. */
  readonly byClass: Readonly<Record<ChangeClass, number>>;
  readonly byKind: Readonly<Record<Change['change'], number>>;
}

export type Change = AddedChange | RemovedChange | ChangedChange | RecreatedChange | RenamedChange;

interface CommonChange {
  /** Equal for the same object in every diff: `queue paid@shop`. */
  readonly id: string;
  readonly kind: BrokerObjectKind;
  /** Absent for what belongs to the whole broker. */
  readonly vhost?: string;
  /** `paid`; of a binding `orders → paid (order.*)`. */
  readonly name: string;
  /** The worst class of its reasons; `safe` without one, `none` where nothing comes of it. */
  readonly class: ChangeClass;
  readonly reasons: readonly Reason[];
  /** The queues, families and exchanges that a policy's change reaches, or a changed queue itself. */
  readonly effects: readonly Effect[];
  /** Users of the topology that may use what is changed, by their permissions. */
  readonly users: readonly string[];
  readonly workers: readonly string[];
  /** What `up` does, in order. */
  readonly steps: readonly string[];
  /** The change that it is a part of: the bindings of a queue that goes, what is in a vhost that comes. */
  readonly partOf?: string;
  readonly live?: LiveNumbers;
  /** Where the topology says so. */
  readonly positions: { readonly base?: SourcePosition; readonly head?: SourcePosition };
}

export interface AddedChange extends CommonChange {
  readonly change: 'added';
  readonly after: ShownObject;
}

export interface RemovedChange extends CommonChange {
  readonly change: 'removed';
  readonly before: ShownObject;
}

/** In place: nothing is deleted for it. */
export interface ChangedChange extends CommonChange {
  readonly change: 'changed';
  readonly before: ShownObject;
  readonly after: ShownObject;
  readonly fields: readonly FieldChange[];
}

/** Deleted and created again under the same name. */
export interface RecreatedChange extends CommonChange {
  readonly change: 'recreated';
  readonly before: ShownObject;
  readonly after: ShownObject;
  readonly fields: readonly FieldChange[];
}

/** A queue went and one with the same content came. On the broker these are two queues. */
export interface RenamedChange extends CommonChange {
  readonly change: 'renamed';
  /** The id of the queue that goes. */
  readonly from: string;
  readonly before: ShownObject;
  readonly after: ShownObject;
}

/** An object's own fields by their names, with secrets hidden. */
export type ShownObject = Readonly<Record<string, JsonValue>>;

export interface FieldChange {
  /** `durable`, or with its key where it is in a table: `arguments.x-max-priority`, `definition.message-ttl`. */
  readonly field: string;
  /** Absent where there is none. */
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

export interface Reason {
  /** From the closed list in `reasons.ts`. */
  readonly code: string;
  readonly class: ChangeClass;
  /** One sentence. */
  readonly why: string;
  /** One sentence; absent where there is nothing better. */
  readonly instead?: string;
}

/** What changes for one object, though it isn't (or not only) changed itself. */
export interface Effect {
  readonly subject: EffectSubject;
  /** In RabbitMQ's policy keys: what counts of arguments, policy and operator policy. */
  readonly fields: readonly FieldChange[];
  /** The policies that win before and after; absent where there is none. */
  readonly policyBefore?: string;
  readonly policyAfter?: string;
  readonly class: ChangeClass;
  readonly reasons: readonly Reason[];
  readonly workers: readonly string[];
  readonly live?: LiveNumbers;
}

export type EffectSubject =
  | { readonly kind: 'queue' | 'exchange'; readonly vhost: string; readonly name: string }
  /** A queue that is on the broker, and in no topology. */
  | { readonly kind: 'unmanaged'; readonly vhost: string; readonly name: string }
  /** Queues that the application declares: all of a family, or some, such as the example. */
  | { readonly kind: 'family'; readonly vhost: string; readonly name: string; readonly example: string }
  /** Queues that the topology doesn't list and that the policy's pattern takes, such as the example. */
  | { readonly kind: 'unlisted'; readonly vhost: string; readonly name: string; readonly example: string };

/** What is there now, on the broker of a `live:` side. */
export interface LiveNumbers {
  readonly messages?: number;
  readonly unacknowledged?: number;
  readonly consumers?: number;
  readonly connections?: number;
  readonly publishedPerSecond?: number;
  readonly deliveredPerSecond?: number;
  /** Of these messages, those that a new length limit leaves no room for. */
  readonly beyondLimit?: number;
  /** Whether there is nothing now that the change could harm: no message, no consumer, no connection, no traffic. */
  readonly isUnused?: boolean;
}

/** One side as it is compared. */
export interface Side {
  readonly name: string;
  readonly objects: readonly BrokerObject[];
  readonly target: Target;
  /** What only a topology knows: families, workers. */
  readonly families?: readonly SideFamily[];
  readonly workers?: readonly SideWorker[];
  /** By the ids of changes, where it was read from a broker. */
  readonly live?: ReadonlyMap<string, LiveNumbers>;
  /** What is on that broker, and on neither side: policies that may win, queues that policies reach. */
  readonly others?: readonly BrokerObject[];
}

export interface SideFamily {
  readonly vhost: string;
  readonly template: string;
  /** With which the application declares them. */
  readonly declaredWith?: Arguments;
}

export interface SideWorker {
  readonly name: string;
  readonly vhost?: string;
  readonly user?: string;
  readonly queues: readonly string[];
}

export function worstOf(classes: Iterable<ChangeClass>): ChangeClass {
  let worst: ChangeClass = 'none';
  for (const each of classes) if (isAtLeastAsBad(each, worst)) worst = each;
  return worst;
}

export function isAtLeastAsBad(one: ChangeClass, other: ChangeClass): boolean {
  return CHANGE_CLASSES.indexOf(one) >= CHANGE_CLASSES.indexOf(other);
}
