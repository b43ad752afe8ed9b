/**
 * The typed topology: what the YAML file says, with every default filled in that doesn't depend on the target.
 * Durations are milliseconds, sizes are bytes. `path` leads back into the file: rules point at what they mean.
 */
import type { Severity } from './diagnostics';
import type { Arguments, JsonValue, PolicyApplyTo, QueueType } from './objects';
import type { Path, Source } from './source/index';
import type { Target } from './target';

/** `where-supported` is `true` where the target can do it and `false` elsewhere. */
export type Replicated = boolean | 'where-supported';
export type Overflow = 'drop-head' | 'reject-publish' | 'reject-publish-dlx';

export interface DeadLetter {
  readonly queue?: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly strategy?: 'at-most-once' | 'at-least-once';
}

/** Waits before a quorum queue delivers a message again: `minMs` times the number of deliveries, at most `maxMs`. */
export interface DelayedRetry {
  readonly type: 'all' | 'failed' | 'returned';
  readonly minMs?: number;
  readonly maxMs?: number;
}

/** What compiles to a policy. */
export interface Settings {
  readonly ttlMs?: number;
  readonly expiresMs?: number;
  readonly maxLength?: number;
  readonly maxLengthBytes?: number;
  readonly overflow?: Overflow;
  readonly deadLetter?: DeadLetter;
  readonly deliveryLimit?: number;
  readonly consumerTimeoutMs?: number;
  readonly consumerDisconnectedTimeoutMs?: number;
  readonly leaderLocator?: 'client-local' | 'balanced';
  readonly targetGroupSize?: number;
  readonly queueVersion?: number;
  /** Whole seconds, in milliseconds. */
  readonly maxAgeMs?: number;
  readonly maxSegmentSizeBytes?: number;
  readonly filterSizeBytes?: number;
  readonly delayedRetry?: DelayedRetry;
}

/** What becomes of a message that a consumer rejects. `delaysMs` holds the wait before each further attempt. */
export interface Retry {
  readonly path: Path;
  readonly delaysMs: readonly number[];
  readonly method: 'ladder' | 'stages' | 'delayed-retry';
}

export interface Alerts {
  /** Ready messages over which somebody should look. */
  readonly depth?: number;
  /** Of the oldest ready message, by its timestamp. */
  readonly ageMs?: number;
}

export interface Binding {
  readonly path: Path;
  readonly exchange: string;
  readonly routingKey: string;
  readonly arguments: Arguments;
}

export interface Exchange {
  readonly path: Path;
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly alternate?: string;
  readonly hashOn?: { readonly header?: string; readonly property?: string };
  readonly arguments: Arguments;
  readonly isGenerated?: true;
  readonly bindings: readonly Binding[];
}

export interface Queue {
  readonly path: Path;
  readonly name: string;
  readonly type?: QueueType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly replicated: Replicated;
  readonly settings: Settings;
  readonly priorities?: number;
  readonly singleActiveConsumer?: boolean;
  readonly initialClusterSize?: number;
  readonly retry?: Retry;
  /** The work queues of the further attempts (`retry` by stages), which workers of this queue consume from too. */
  readonly stages?: readonly string[];
  readonly alerts?: Alerts;
  /** The application's own arguments: the queue gets exactly these. */
  readonly declaredWith?: Arguments;
  readonly arguments: Arguments;
  /** Stands in no file: it comes from a `retry` or a super stream, where `path` leads. */
  readonly isGenerated?: true;
  readonly bindings: readonly Binding[];
}

/** Queues that the application declares at run time. */
export interface Family {
  readonly path: Path;
  /** Literal text with `{x}` for one or more characters. */
  readonly template: string;
  readonly durable: boolean;
  readonly replicated: Replicated;
  readonly settings: Settings;
  /** The arguments with which the application declares them. */
  readonly declaredWith?: Arguments;
  readonly alerts?: Alerts;
}

/** One logical stream in several partitions, `NAME-0` and so on. */
export interface SuperStream {
  readonly path: Path;
  readonly name: string;
  readonly partitions: number;
  readonly settings: Settings;
  readonly initialClusterSize?: number;
}

export interface Policy {
  readonly path: Path;
  readonly name: string;
  readonly pattern: string;
  readonly applyTo: PolicyApplyTo;
  readonly priority: number;
  readonly definition: Arguments;
  readonly isGenerated?: true;
}

/** A federation upstream, a shovel, or any other parameter; `value` is in RabbitMQ's own words. */
export interface Parameter {
  readonly path: Path;
  readonly component: string;
  readonly name: string;
  readonly value: JsonValue;
  /** Users whose credentials belong into a URI, by the key of `value` that holds it. */
  readonly logins: Readonly<Record<string, string>>;
}

export interface GlobalParameter {
  readonly path: Path;
  readonly name: string;
  readonly value: JsonValue;
}

/** The Celery application that works in a vhost. */
export interface Celery {
  readonly path: Path;
  readonly app?: string;
  /** Queues by pattern of task names, in the order of the file: the first that matches counts. */
  readonly tasks: Readonly<Record<string, string>>;
  readonly acksLate: boolean;
  readonly rejectOnWorkerLost: boolean;
  readonly prefetchMultiplier: number;
  readonly resultBackend?: string;
  readonly maxRetries?: number;
  readonly retryBackoffMaxMs?: number;
  readonly retryJitter?: boolean;
  readonly exchange?: string;
}

export interface Vhost {
  readonly path: Path;
  readonly name: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly defaultQueueType?: QueueType;
  readonly deletionProtection?: boolean;
  readonly limits?: { readonly maxConnections?: number; readonly maxQueues?: number };
  /** Limits that no queue of the vhost can escape. */
  readonly quotas?: Settings;
  readonly celery?: Celery;
  readonly exchanges: readonly Exchange[];
  readonly queues: readonly Queue[];
  readonly families: readonly Family[];
  readonly superStreams: readonly SuperStream[];
  readonly policies: readonly Policy[];
  readonly operatorPolicies: readonly Policy[];
  /** Upstreams, sets of upstreams and shovels among them. */
  readonly parameters: readonly Parameter[];
}

export interface Permission {
  readonly path: Path;
  readonly vhost: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
  /** Stands in no file: it comes from a role, where `path` leads. */
  readonly isGenerated?: true;
}

export interface TopicPermission {
  readonly path: Path;
  readonly vhost: string;
  readonly exchanges: readonly {
    readonly path: Path;
    readonly exchange: string;
    readonly write: string;
    readonly read: string;
  }[];
}

/** What a user is for in a vhost. Names of exchanges, queues and families; `amq.default` is the default exchange. */
export interface Role {
  readonly path: Path;
  readonly vhost: string;
  readonly publisher: readonly string[];
  /** Exchanges that it binds its own queues to. */
  readonly subscriber: readonly string[];
  readonly consumer: readonly string[];
  readonly owner: readonly string[];
  readonly celery: readonly string[];
  readonly monitor: boolean;
  readonly administrator: boolean;
}

export interface User {
  readonly path: Path;
  readonly name: string;
  readonly tags: readonly string[];
  readonly permissions: readonly Permission[];
  readonly roles: readonly Role[];
  readonly topicPermissions: readonly TopicPermission[];
  readonly limits?: { readonly maxConnections?: number; readonly maxChannels?: number };
}

/** A fleet of equal workers. The topology only checks what it refers to; platforms deploy it. */
export interface Worker {
  readonly path: Path;
  readonly name: string;
  readonly vhost?: string;
  readonly queues: readonly string[];
  readonly user?: string;
  readonly image?: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly replicas?: number;
  readonly concurrency?: number;
  readonly prefetch?: number;
  readonly rateLimit?: string;
  readonly longestTaskMs?: number;
  readonly gracePeriodMs?: number;
  readonly autoscale?: Autoscale;
}

export interface Autoscale {
  readonly min: number;
  readonly max?: number;
  readonly messagesPerReplica?: number;
  readonly protocol: 'http' | 'amqp';
  readonly cooldownMs?: number;
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical' | 'none';

/** What the broker itself is set to: rabbitmq.conf and its plugins. */
export interface BrokerSettings {
  readonly path: Path;
  readonly nodes?: number;
  /** Undefined: the topology says nothing about plugins. */
  readonly plugins?: readonly string[];
  /** A share of the machine's memory (0 to 1), or a size. */
  readonly memoryHighWatermark?: { readonly relative: number } | { readonly bytes: number };
  readonly diskFreeLimitBytes?: number;
  readonly heartbeatMs?: number;
  readonly connectionMax?: number;
  readonly channelMax?: number;
  readonly consumerTimeoutMs?: number;
  readonly logs: { readonly console?: LogLevel; readonly file?: LogLevel };
  readonly tls?: { readonly port: number; readonly only: boolean; readonly verifyPeer: boolean };
  readonly deprecatedFeatures: Readonly<Record<string, boolean>>;
  readonly conf: Readonly<Record<string, string | number | boolean>>;
}

export type FateEvent = 'rejected' | 'expired' | 'maxlen' | 'delivery-limit';

/** What must happen to a message: a test of the topology. */
export interface Expectation {
  readonly path: Path;
  readonly vhost?: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: Arguments;
  /** Exactly the queues that it reaches. */
  readonly reaches?: readonly string[];
  readonly after: readonly FateEvent[];
  /** Exactly the queues where it is in the end. */
  readonly endsIn?: readonly string[];
}

/** `off` silences a rule. */
export type RuleSeverity = Severity | 'off';

export interface Topology {
  readonly source: Source;
  readonly target: Target;
  readonly vhosts: readonly Vhost[];
  readonly users: readonly User[];
  readonly workers: readonly Worker[];
  readonly broker?: BrokerSettings;
  readonly globalParameters: readonly GlobalParameter[];
  readonly rules: Readonly<Record<string, RuleSeverity>>;
  readonly expectations: readonly Expectation[];
}
