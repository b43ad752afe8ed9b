/** What a resource type is to the server: plain functions over one plain object, the same shape for every type. */
import type { Approvals } from '../broker/guards/approvals';
import type { Lookup } from '../broker/lookup';
import type { Snapshot } from '../broker/snapshot';
import type { Broker } from '../broker/api/transport';
import type { BrokerObjectKind } from '../topology/objects';
import type { Inputs } from './inputs';
import type { PropertyMap } from './values';

/** The provider, configured: who we are on which broker, and what the user approved. */
export interface Session {
  /** The broker's endpoint without credentials. */
  readonly endpoint: string;
  /** The user name that the provider is configured with (its own administrator). */
  readonly username: string;
  readonly approvals: Approvals;
  /** Whether a diff fails where the broker can't be asked; otherwise it compares with the state alone. */
  readonly requireBroker: boolean;
  /** The broker, logged in; the first call logs in, a failure stays a failure. */
  broker(): Promise<Broker>;
  /**
   * For who waits for a broker that isn't there yet: logs in again where that failed before, and where the one who got
   * in is refused by now.
   */
  logIn(isAnew?: boolean): Promise<Broker>;
  /** Access to the same broker as somebody else, for verifying credentials. */
  brokerAs(username: string, password: string): Broker;
  /**
   * For a preview of what isn't there yet, which nobody lets wait: the broker as whoever gets in at the first try.
   * Undefined for a cluster of the stack's own, on Docker or behind a port-forward, that wasn't asked before: it may not
   * be there, and another one answer.
   */
  glance(): Promise<Broker | undefined>;
  /** Everything from now on is done with this login: the stack's own administrator, once it gets in. */
  continueAs(broker: Broker): void;
  /** Everything that the broker holds, as it was at the first call; read once per process, a failure stays a failure. */
  snapshot(): Promise<Snapshot>;
}

/** What one call of the engine is about, besides the object. */
export interface Call {
  readonly session: Session;
  /** Set on a delete after which the same object is created again. */
  readonly isReplacement: boolean;
  /** Belongs to the component of a whole topology, which also has every queue that its bindings lead to. */
  readonly isOfTopology: boolean;
  /** Whether another resource of this program is the object of that identity by now. */
  readonly isClaimed: (identity: readonly string[]) => boolean;
  /** Then: the object as it is to be, of the resource's own type. */
  readonly replacement?: unknown;
  /** Shown to the user beside the resource. */
  readonly warn: (message: string) => Promise<void>;
  /** Shown to the user once in the whole operation, for all who say it with this word. */
  readonly warnOnce: (word: string, message: string) => Promise<void>;
}

export interface ResourceType<T extends object> {
  /** `package:module/type:Type`. */
  readonly token: string;
  /** The row of the mutability table that says what a change of a field means. */
  readonly kind: BrokerObjectKind;
  /** Fields of the object that are compared, and the path of the property that each comes from. */
  readonly properties: Readonly<Partial<Record<keyof T & string, string>>>;
  /** The `name` may be left out, and is then made from the resource's logical name. */
  readonly isAutonamed?: boolean;
  /** Values of top-level properties that are left out. */
  readonly defaults?: PropertyMap;
  /** Properties that only the state has: no program gives them. */
  readonly computed?: readonly string[];
  /** Top-level properties that are secret whatever the program says. */
  readonly secrets?: readonly string[];
  /** Further ones that are secret for what they hold. */
  secretsIn?(values: PropertyMap): readonly string[];
  /** The object that properties (inputs or state) describe; faults are noted in `inputs`. */
  parse(inputs: Inputs): T;
  /** State without what the broker added by itself to what the program gave: the bridged provider keeps that. */
  ownState?(state: PropertyMap, given: PropertyMap): PropertyMap;
  /** What makes it the same object on one broker: for claims and messages. */
  identity(object: T): readonly string[];
  /** By which Pulumi knows it, and an import finds it; of an object that is on the broker. */
  id(object: T): string;
  /** Where the resource stands for several objects: the identity of each, as a resource of its own would have it. */
  parts?(object: T): readonly (readonly string[])[];
  /** The state's properties; `given` shows in which of several equal forms the program wrote them. */
  toProperties(object: T, given: PropertyMap): PropertyMap;
  /** Makes it so; an equal object that exists is adopted. Returns it as it is kept in the state. */
  create(call: Call, object: T): Promise<T>;
  /** For an import: the object that an id names; undefined where there is none. */
  locate(call: Call, id: string): Promise<T | undefined>;
  /**
   * What the broker has for an object that the state knows; undefined where it is gone. To be compared with what is
   * wanted, it is in the form of that, where it can be written in several.
   */
  find(lookup: Lookup, known: T, wanted?: T): Promise<T | undefined>;
  /** Whether an interrupted operation left something of the object to be finished by the next `update`. */
  isUnfinished?(lookup: Lookup, known: T): Promise<boolean>;
  /**
   * Why an update or a replacement of what the broker has (`found`) would be refused as things are now. Asked by
   * every diff that has changes, so it touches nothing.
   */
  foresee?(call: Call, found: T, wanted: T): Promise<readonly string[]>;
  /**
   * In a preview, where it would be created or updated: warns of what an operation would do to others. What a broker
   * that can't be asked fails with is left aside.
   */
  announce?(call: Call, wanted: T): Promise<void>;
  /** What to say where `find` finds nothing; by default, that it was deleted. */
  readonly absenceInWords?: string;
  /** Makes it so, also where the object is gone; returns it as it is kept in the state. */
  update(call: Call, object: T, previous: T): Promise<T>;
  /** An absent object is fine. */
  remove(call: Call, object: T): Promise<void>;
}

// A list of types with different objects: each is only ever handed objects that it made itself.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyResourceType = ResourceType<any>;
