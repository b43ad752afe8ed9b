/**
 * The broker objects that a topology compiles to: the one list that diff, render, the Pulumi program and the
 * RabbitMQ client share. Plain values in RabbitMQ's own terms (the management API's field names, camel-cased);
 * durations are milliseconds and sizes are bytes, as RabbitMQ takes them.
 *
 * This is the bottom of the tree: it imports nothing but the position type.
 */
import type { SourcePosition } from './diagnostics';

/** A value that RabbitMQ accepts in an argument table or in a policy definition. */
export type ArgumentValue = string | number | boolean | readonly ArgumentValue[];
export type Arguments = Readonly<Record<string, ArgumentValue>>;

/** What a parameter may hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type QueueType = 'classic' | 'quorum' | 'stream';

interface Common {
  /** Where the topology says so; absent for objects that were read from a broker. */
  readonly position?: SourcePosition;
}

export interface VhostObject extends Common {
  readonly kind: 'vhost';
  readonly name: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** Only from RabbitMQ 4.0 on: 3.10 ignores it. */
  readonly defaultQueueType?: QueueType;
  /** Only from RabbitMQ 4.1 on: the broker refuses to delete the vhost. */
  readonly deletionProtection?: boolean;
}

export interface VhostLimitsObject extends Common {
  readonly kind: 'vhostLimits';
  readonly vhost: string;
  readonly maxConnections?: number;
  readonly maxQueues?: number;
}

/** A user without its password: passwords are derived when the stack runs and never stand in a plan. */
export interface UserObject extends Common {
  readonly kind: 'user';
  /** The name in the topology. The name on the broker adds the credential's generation (`NAME-g1`). */
  readonly name: string;
  readonly tags: readonly string[];
}

export interface UserLimitsObject extends Common {
  readonly kind: 'userLimits';
  readonly user: string;
  readonly maxConnections?: number;
  readonly maxChannels?: number;
}

export interface PermissionsObject extends Common {
  readonly kind: 'permissions';
  readonly user: string;
  readonly vhost: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

export interface TopicPermissionsObject extends Common {
  readonly kind: 'topicPermissions';
  readonly user: string;
  readonly vhost: string;
  readonly exchanges: readonly { readonly exchange: string; readonly write: string; readonly read: string }[];
}

export interface ExchangeObject extends Common {
  readonly kind: 'exchange';
  readonly vhost: string;
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: Arguments;
}

export interface QueueObject extends Common {
  readonly kind: 'queue';
  readonly vhost: string;
  readonly name: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** Holds `x-queue-type` too, where it must be said. */
  readonly arguments: Arguments;
}

export interface BindingObject extends Common {
  readonly kind: 'binding';
  readonly vhost: string;
  readonly source: string;
  readonly destination: string;
  readonly destinationType: 'queue' | 'exchange';
  readonly routingKey: string;
  readonly arguments: Arguments;
}

/** Without what a broker or a state calls it. */
export function plainBinding(binding: BindingObject): BindingObject {
  const { kind, vhost, source, destination, destinationType, routingKey, position } = binding;
  const ends = { kind, vhost, source, destination, destinationType, routingKey };
  return { ...ends, arguments: binding.arguments, ...(position === undefined ? {} : { position }) };
}

export type PolicyApplyTo = 'queues' | 'classic_queues' | 'quorum_queues' | 'streams' | 'exchanges' | 'all';

export interface PolicyObject extends Common {
  readonly kind: 'policy' | 'operatorPolicy';
  readonly vhost: string;
  readonly name: string;
  readonly pattern: string;
  readonly applyTo: PolicyApplyTo;
  readonly priority: number;
  readonly definition: Arguments;
}

/** A parameter of a vhost: federation upstreams, shovels, and whatever a plugin keeps there. */
export interface ParameterObject extends Common {
  readonly kind: 'parameter';
  readonly vhost: string;
  /** E.g. `federation-upstream`, `federation-upstream-set`, `shovel`. */
  readonly component: string;
  readonly name: string;
  /** In RabbitMQ's own words; an upstream set's is a list. URIs in it never hold a password. */
  readonly value: JsonValue;
  /** Users whose name and password the stack puts into a URI, by the key of `value` that holds it. */
  readonly logins?: Readonly<Record<string, string>>;
}

export interface GlobalParameterObject extends Common {
  readonly kind: 'globalParameter';
  readonly name: string;
  readonly value: JsonValue;
}

/** Global parameters that the broker sets itself, and what for: they are neither changed nor deleted. */
export const BROKERS_GLOBAL_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['internal_cluster_id', 'It identifies the cluster, and is made once by the broker.'],
  ['cluster_name', 'It is set with `rabbitmqctl set_cluster_name`, and shown by the management UI.'],
  ['cluster_tags', 'It is set by cluster_tags in rabbitmq.conf.'],
  ['imported_definition_hash_value', 'By it the broker knows which definitions it has imported at boot.'],
]);

export type BrokerObject =
  | VhostObject
  | VhostLimitsObject
  | UserObject
  | UserLimitsObject
  | PermissionsObject
  | TopicPermissionsObject
  | PolicyObject
  | ExchangeObject
  | QueueObject
  | BindingObject
  | ParameterObject
  | GlobalParameterObject;

export type BrokerObjectKind = BrokerObject['kind'];
export type ObjectOfKind<K extends BrokerObjectKind> = { [O in BrokerObject as O['kind']]: O }[K];

/**
 * The order in which objects are created. Policies come before queues: a queue never lives a moment without its
 * limits, and a policy that lands after 1,000 queues makes the broker evaluate all of them again. Topic permissions
 * come after exchanges: RabbitMQ 4.3 refuses them for an exchange that isn't there. Parameters come last: a shovel
 * moves messages as soon as it is there.
 */
export const CREATION_ORDER: readonly BrokerObjectKind[] = [
  'globalParameter',
  'vhost',
  'vhostLimits',
  'user',
  'userLimits',
  'permissions',
  'operatorPolicy',
  'policy',
  'exchange',
  'topicPermissions',
  'queue',
  'binding',
  'parameter',
];

/** The kinds of what a vhost consists of, as far as it holds no secret and isn't the vhost's own setting. */
export const VHOST_PART_KINDS = [
  'permissions',
  'operatorPolicy',
  'policy',
  'exchange',
  'topicPermissions',
  'queue',
  'binding',
] as const satisfies readonly BrokerObjectKind[];

export type VhostPartKind = (typeof VHOST_PART_KINDS)[number];
export type VhostPart = ObjectOfKind<VhostPartKind>;

export function isVhostPart(object: BrokerObject): object is VhostPart {
  return (VHOST_PART_KINDS as readonly BrokerObjectKind[]).includes(object.kind);
}

const NAME_PART_SEPARATOR = '\u0000';

/** A key that is equal exactly for the same object on one broker, whatever characters its names hold. */
export function identityKey(object: BrokerObject): string {
  return [object.kind, ...identityParts(object)].join(NAME_PART_SEPARATOR);
}

function identityParts(object: BrokerObject): readonly string[] {
  switch (object.kind) {
    case 'vhost':
    case 'user':
    case 'globalParameter':
      return [object.name];
    case 'parameter':
      return [object.vhost, object.component, object.name];
    case 'vhostLimits':
      return [object.vhost];
    case 'userLimits':
      return [object.user];
    case 'permissions':
    case 'topicPermissions':
      return [object.vhost, object.user];
    case 'policy':
    case 'operatorPolicy':
    case 'exchange':
    case 'queue':
      return [object.vhost, object.name];
    case 'binding':
      return [
        object.vhost,
        object.source,
        object.destinationType,
        object.destination,
        object.routingKey,
        canonicalJson(object.arguments),
      ];
  }
}

/** The object itself, wherever it was said. */
export function withoutPlace<T extends BrokerObject>(object: T): Omit<T, 'position'> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'position')) as Omit<
    T,
    'position'
  >;
}

/** JSON with sorted keys, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
