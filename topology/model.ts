/**
 * The typed topology: what the YAML file says, with every default filled in that doesn't depend on the target.
 * Durations are milliseconds, sizes are bytes. `path` leads back into the file: rules point at what they mean.
 */
import type { Arguments, PolicyApplyTo, QueueType } from './objects';
import type { Path, Source } from './source';
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

/** What compiles to a policy. */
export interface Settings {
  readonly ttlMs?: number;
  readonly expiresMs?: number;
  readonly maxLength?: number;
  readonly maxLengthBytes?: number;
  readonly overflow?: Overflow;
  readonly deadLetter?: DeadLetter;
  readonly deliveryLimit?: number;
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
  readonly arguments: Arguments;
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
  /** The application's own arguments: the queue gets exactly these. */
  readonly declaredWith?: Arguments;
  readonly arguments: Arguments;
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
}

export interface Policy {
  readonly path: Path;
  readonly name: string;
  readonly pattern: string;
  readonly applyTo: PolicyApplyTo;
  readonly priority: number;
  readonly definition: Arguments;
}

export interface Vhost {
  readonly path: Path;
  readonly name: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly defaultQueueType?: QueueType;
  readonly limits?: { readonly maxConnections?: number; readonly maxQueues?: number };
  readonly exchanges: readonly Exchange[];
  readonly queues: readonly Queue[];
  readonly families: readonly Family[];
  readonly policies: readonly Policy[];
  readonly operatorPolicies: readonly Policy[];
}

export interface Permission {
  readonly path: Path;
  readonly vhost: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
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

export interface User {
  readonly path: Path;
  readonly name: string;
  readonly tags: readonly string[];
  readonly permissions: readonly Permission[];
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
}

export interface Topology {
  readonly source: Source;
  readonly target: Target;
  readonly vhosts: readonly Vhost[];
  readonly users: readonly User[];
  readonly workers: readonly Worker[];
}
