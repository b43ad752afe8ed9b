/**
 * From plain data to the typed topology. The schema has reported by now whatever is of the wrong type; here such a
 * value counts as absent, so that the rules can still look at all the rest of the file.
 */
import type { Binding, DeadLetter, Exchange, Family, Policy, Queue, Replicated, Settings } from './model';
import type { Permission, TopicPermission, Topology, User, Vhost, Worker } from './model';
import type { Arguments, ArgumentValue } from './objects';
import type { Path, Source } from './source';
import { isTarget } from './target';
import type { Target } from './target';
import { parseDurationMs, parseSizeBytes } from './units';

type Data = Readonly<Record<string, unknown>>;

/** Builds the topology for a target. Never fails: see above. */
export function buildTopology(source: Source, target: Target): Topology {
  const root = asRecord(source.data);
  return {
    source,
    target,
    vhosts: entries(root.vhosts, ['vhosts'], buildVhost),
    users: entries(root.users, ['users'], buildUser),
    workers: entries(root.workers, ['workers'], buildWorker),
  };
}

/** The target that the file itself names, if it is one. */
export function declaredTarget(data: unknown): Target | undefined {
  const { target } = asRecord(data);
  return isTarget(target) ? target : undefined;
}

function buildVhost(name: string, data: Data, path: Path): Vhost {
  const limits = asRecord(data.limits);
  return {
    path,
    name,
    ...defined({
      description: asString(data.description),
      tags: data.tags === undefined ? undefined : asStrings(data.tags),
      defaultQueueType: oneOf(data.defaultQueueType, ['classic', 'quorum', 'stream'] as const),
      limits:
        data.limits === undefined
          ? undefined
          : defined({
              maxConnections: asInteger(limits.maxConnections),
              maxQueues: asInteger(limits.maxQueues),
            }),
    }),
    exchanges: entries(data.exchanges, [...path, 'exchanges'], buildExchange),
    queues: entries(data.queues, [...path, 'queues'], buildQueue),
    families: entries(data.families, [...path, 'families'], buildFamily),
    policies: entries(data.policies, [...path, 'policies'], buildPolicy),
    operatorPolicies: entries(data.operatorPolicies, [...path, 'operatorPolicies'], buildPolicy),
  };
}

function buildExchange(name: string, data: Data, path: Path): Exchange {
  return {
    path,
    name,
    type: asString(data.type) ?? 'direct',
    durable: asBoolean(data.durable) ?? true,
    autoDelete: asBoolean(data.autoDelete) ?? false,
    internal: asBoolean(data.internal) ?? false,
    ...defined({ alternate: asString(data.alternate) }),
    arguments: asArguments(data.arguments),
    bindings: buildBindings(data.bindings, [...path, 'bindings']),
  };
}

function buildQueue(name: string, data: Data, path: Path): Queue {
  return {
    path,
    name,
    ...defined({
      type: oneOf(data.type, ['classic', 'quorum', 'stream'] as const),
      priorities: asInteger(data.priorities),
      singleActiveConsumer: asBoolean(data.singleActiveConsumer),
      declaredWith: data.declaredWith === undefined ? undefined : asArguments(data.declaredWith),
    }),
    durable: asBoolean(data.durable) ?? true,
    autoDelete: asBoolean(data.autoDelete) ?? false,
    replicated: asReplicated(data.replicated),
    settings: buildSettings(data),
    arguments: asArguments(data.arguments),
    bindings: buildBindings(data.bindings, [...path, 'bindings']),
  };
}

function buildFamily(template: string, data: Data, path: Path): Family {
  return {
    path,
    template,
    durable: asBoolean(data.durable) ?? true,
    replicated: asReplicated(data.replicated),
    settings: buildSettings(data),
  };
}

function buildSettings(data: Data): Settings {
  return defined({
    ttlMs: asDurationMs(data.ttl),
    expiresMs: asDurationMs(data.expires),
    maxLength: asInteger(data.maxLength),
    maxLengthBytes: asSizeBytes(data.maxLengthBytes),
    overflow: oneOf(data.overflow, ['drop-head', 'reject-publish', 'reject-publish-dlx'] as const),
    deadLetter: buildDeadLetter(data.deadLetter),
    deliveryLimit: asInteger(data.deliveryLimit),
  });
}

function buildDeadLetter(value: unknown): DeadLetter | undefined {
  const data = asRecord(value);
  const [queue, exchange] = [asString(data.queue), asString(data.exchange)];
  // Without what names the target, the rest means nothing.
  if (!isRecord(value) || queue !== data.queue || exchange !== data.exchange) return undefined;
  return defined({
    queue,
    exchange,
    routingKey: asString(data.routingKey),
    strategy: oneOf(data.strategy, ['at-most-once', 'at-least-once'] as const),
  });
}

function buildBindings(value: unknown, path: Path): Binding[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) => {
    const data = asRecord(item);
    const exchange = asString(data.exchange);
    if (exchange === undefined) return [];
    return {
      path: [...path, index],
      exchange,
      routingKey: asString(data.routingKey) ?? '',
      arguments: asArguments(data.arguments),
    };
  });
}

function buildPolicy(name: string, data: Data, path: Path): Policy {
  const kinds = ['queues', 'classic_queues', 'quorum_queues', 'streams', 'exchanges', 'all'] as const;
  return {
    path,
    name,
    pattern: asString(data.pattern) ?? '^$',
    applyTo: oneOf(data.applyTo, kinds) ?? 'all',
    priority: asInteger(data.priority) ?? 0,
    definition: asArguments(data.definition),
  };
}

/** RabbitMQ reads an empty permission as `^$`: nothing. */
const NOTHING = '^$';

function buildUser(name: string, data: Data, path: Path): User {
  const limits = asRecord(data.limits);
  const permissions = entries(data.permissions, [...path, 'permissions'], buildPermission);
  const topicPermissions = entries(
    data.topicPermissions,
    [...path, 'topicPermissions'],
    (vhost, exchanges, vhostPath): TopicPermission => ({
      path: vhostPath,
      vhost,
      exchanges: entries(exchanges, vhostPath, (exchange, value, exchangePath) => ({
        path: exchangePath,
        exchange,
        write: asString(value.write) ?? NOTHING,
        read: asString(value.read) ?? NOTHING,
      })),
    }),
  );
  return {
    path,
    name,
    tags: asStrings(data.tags),
    permissions,
    topicPermissions,
    ...defined({
      limits:
        data.limits === undefined
          ? undefined
          : defined({
              maxConnections: asInteger(limits.maxConnections),
              maxChannels: asInteger(limits.maxChannels),
            }),
    }),
  };
}

function buildPermission(vhost: string, data: Data, path: Path): Permission {
  return {
    path,
    vhost,
    configure: asString(data.configure) ?? NOTHING,
    write: asString(data.write) ?? NOTHING,
    read: asString(data.read) ?? NOTHING,
  };
}

function buildWorker(name: string, data: Data, path: Path): Worker {
  const env = Object.entries(asRecord(data.env)).filter(([, value]) => isScalarValue(value));
  return {
    path,
    name,
    queues: asStrings(data.queues),
    command: asStrings(data.command),
    env: Object.fromEntries(env.map(([key, value]) => [key, String(value)])),
    ...defined({
      vhost: asString(data.vhost),
      user: asString(data.user),
      image: asString(data.image),
      replicas: asInteger(data.replicas),
      concurrency: asInteger(data.concurrency),
      prefetch: asInteger(data.prefetch),
      rateLimit: asString(data.rateLimit),
      longestTaskMs: asDurationMs(data.longestTask),
    }),
  };
}

/** The named entries of a section, each with its path; in the order of the file. */
function entries<T>(value: unknown, path: Path, build: (name: string, data: Data, path: Path) => T): T[] {
  return Object.entries(asRecord(value)).map(([name, data]) => build(name, asRecord(data), [...path, name]));
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> } & {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
};

/** Leaves out what is undefined: an absent key, not a key that holds nothing. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}

function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asRecord(value: unknown): Data {
  return isRecord(value) ? value : {};
}

function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function asInteger(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function asReplicated(value: unknown): Replicated {
  return value === true || value === 'where-supported' ? value : false;
}

function asDurationMs(value: unknown): number | undefined {
  if (value === 0) return 0;
  return typeof value === 'string' ? parseDurationMs(value) : undefined;
}

function asSizeBytes(value: unknown): number | undefined {
  return typeof value === 'string' ? parseSizeBytes(value) : asInteger(value);
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((item) => item === value);
}

function isScalarValue(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isArgumentValue(value: unknown): value is ArgumentValue {
  return isScalarValue(value) || (Array.isArray(value) && value.every(isArgumentValue));
}

function asArguments(value: unknown): Arguments {
  const items = Object.entries(asRecord(value)).filter((entry): entry is [string, ArgumentValue] =>
    isArgumentValue(entry[1]),
  );
  return Object.fromEntries(items);
}
