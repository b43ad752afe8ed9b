/**
 * The compiled objects of a topology as Pulumi resources: one resource per object, in creation order, each depending
 * on what the broker needs first. Thin on purpose: every decision was made by the compiler.
 */
import * as pulumi from '@pulumi/pulumi';
import * as rabbitmq from '@pulumi/rabbitmq';
import { TOPOLOGY_COMPONENT } from '../provider/plugin';
import * as warren from '../provider/warren/resources';
import { tableOf } from '../provider/warren/vhostTable';
import { defined } from '../topology/build/values';
import { identityKey, isVhostPart } from '../topology/objects';
import type { Arguments, BrokerObject, JsonValue, ObjectOfKind, VhostPart } from '../topology/objects';
import { AccessOrder, type AccessObject } from './accessOrder';
import { brokerUsername } from './credentials';
import { logicalName } from './logicalNames';
import { matcherOf } from './matcher';

export type Granularity = 'object' | 'vhost';

export interface TopologyResourcesArgs {
  readonly objects: readonly BrokerObject[];
  /** What becomes a resource: everything, unless said otherwise; asked with the names that users have on the broker. */
  readonly isWanted: (object: BrokerObject) => boolean;
  /** One resource per object, or one for all of a vhost's that hold no secret. */
  readonly granularity: Granularity;
  readonly rabbitmqProvider: pulumi.ProviderResource;
  readonly warrenProvider: pulumi.ProviderResource;
  /** Credential generations of a user of the topology that are alive. */
  readonly generationsOf: (user: string) => readonly number[];
  /** Secret password of a user's generation. */
  readonly passwordOf: (user: string, generation: number) => pulumi.Output<string>;
  /** As whom an upstream or a shovel logs in that names this user or login. */
  readonly loginOf: (user: string) => LoginOutputs;
  /** What the tables of vhosts wait for: they take away what a user may do. */
  readonly afterDrain: readonly pulumi.Resource[];
  /** The cluster, where the stack has made it: its objects go with it, and aren't deleted one by one before. */
  readonly deletedWith?: pulumi.Resource;
}

export interface LoginOutputs {
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Output<string>;
}

/** All objects of one topology on one broker. */
export class TopologyResources extends pulumi.ComponentResource {
  /** Every generation of every user, to wait for before other users are removed. */
  readonly users: readonly pulumi.Resource[];
  readonly #args: TopologyResourcesArgs;
  readonly #vhosts = new Map<string, pulumi.Resource[]>();
  readonly #users = new Map<string, rabbitmq.User[]>();
  readonly #exchangesAndQueues = new Map<string, pulumi.Resource>();
  readonly #permissionsByUser = new Map<string, pulumi.Resource[]>();
  readonly #access: AccessOrder;
  readonly #parameters = new Map<string, pulumi.Resource>();
  /** With granularity `vhost`: everything in a vhost. */
  readonly #vhostTopologies = new Map<string, pulumi.Resource>();
  readonly #policies = new Map<
    string,
    { mayMatch: (name: string) => boolean; resource: pulumi.Resource }[]
  >();

  constructor(name: string, args: TopologyResourcesArgs, options?: pulumi.ComponentResourceOptions) {
    super(TOPOLOGY_COMPONENT, name, {}, options);
    this.#args = args;
    const isPart = (object: BrokerObject): object is VhostPart =>
      args.granularity === 'vhost' && isVhostPart(object);
    const isLeftOut = (object: BrokerObject): boolean => !isPerGeneration(object) && !args.isWanted(object);
    const objects = args.objects.filter((object) => !isLeftOut(object));
    const others = objects.filter((object) => !isPart(object));
    this.#access = new AccessOrder(others.flatMap((object) => this.#accessOf(object)));
    for (const object of others) if (object.kind !== 'parameter') this.#register(object);
    this.#registerVhostTopologies(objects.filter(isPart));
    // They refer to the others.
    for (const object of others) if (object.kind === 'parameter') this.#register(object);
    this.users = [...this.#users.values()].flat();
    this.registerOutputs({});
  }

  #register(object: BrokerObject): void {
    switch (object.kind) {
      case 'vhost':
        return this.#vhost(object);
      case 'vhostLimits':
        return this.#vhostLimits(object);
      case 'user':
        return this.#user(object);
      case 'userLimits':
      case 'permissions':
      case 'topicPermissions':
        return this.#perGeneration(object);
      case 'policy':
      case 'operatorPolicy':
        return this.#policy(object);
      case 'exchange':
        return this.#exchange(object);
      case 'queue':
        return this.#queue(object);
      case 'binding':
        return this.#binding(object);
      case 'parameter':
        return this.#parameter(object);
      case 'globalParameter':
        return this.#globalParameter(object);
    }
  }

  #registerVhostTopologies(parts: readonly VhostPart[]): void {
    for (const vhost of new Set(parts.map((part) => part.vhost))) {
      const own = parts.filter((part) => part.vhost === vhost);
      const users = [...new Set(own.flatMap((part) => ('user' in part ? [part.user] : [])))];
      const perGeneration = own.flatMap((part): VhostPart[] =>
        'user' in part
          ? this.#generationsOf(part.user)
              .map((generation) => ({ ...part, user: brokerUsername(part.user, generation) }))
              .filter(this.#args.isWanted)
          : [part],
      );
      if (perGeneration.length === 0) continue;
      const owners = users.flatMap((user) => this.#users.get(user) ?? []);
      const needed = [...this.#inVhost(vhost), ...owners, ...this.#args.afterDrain];
      const resource = new warren.VhostTopology(
        logicalName({ kind: 'vhost', name: vhost }),
        { vhost, objects: tableOf(perGeneration) },
        this.#warren(needed),
      );
      this.#vhostTopologies.set(vhost, resource);
      for (const user of users) this.#addPermissions(user, resource);
    }
  }

  #generationsOf(user: string): readonly number[] {
    return this.#args
      .generationsOf(user)
      .filter((generation) =>
        this.#args.isWanted({ kind: 'user', name: brokerUsername(user, generation), tags: [] }),
      );
  }

  #addPermissions(user: string, resource: pulumi.Resource): void {
    this.#permissionsByUser.set(user, [...(this.#permissionsByUser.get(user) ?? []), resource]);
  }

  #vhost(object: ObjectOfKind<'vhost'>): void {
    const vhost = new rabbitmq.VHost(logicalName(object), { name: object.name }, this.#rabbitmq());
    const resources: pulumi.Resource[] = [vhost];
    const { description, tags, defaultQueueType, deletionProtection } = object;
    const settings = {
      ...defined({ description, defaultQueueType, deletionProtection }),
      ...(tags === undefined ? {} : { tags: [...tags] }),
    };
    if (Object.keys(settings).length > 0) {
      const args = { vhost: object.name, ...settings };
      resources.push(new warren.VhostSettings(logicalName(object), args, this.#warren([vhost])));
    }
    this.#vhosts.set(object.name, resources);
  }

  #vhostLimits(object: ObjectOfKind<'vhostLimits'>): void {
    const { vhost, maxConnections, maxQueues } = object;
    const limits = { vhost, ...defined({ maxConnections, maxQueues }) };
    new warren.VhostLimits(logicalName(object), limits, this.#warren(this.#inVhost(vhost)));
  }

  #user(object: ObjectOfKind<'user'>): void {
    const users = this.#generationsOf(object.name).map((generation) => {
      const username = brokerUsername(object.name, generation);
      return new rabbitmq.User(
        logicalName({ ...object, name: username }),
        {
          name: username,
          password: this.#args.passwordOf(object.name, generation),
          tags: [...object.tags],
        },
        this.#rabbitmq(),
      );
    });
    this.#users.set(object.name, users);
  }

  #accessOf(object: BrokerObject): AccessObject[] {
    if (object.kind !== 'permissions' && object.kind !== 'topicPermissions') return [];
    const generations = this.#generationsOf(object.user);
    return generations
      .map((generation) => ({ ...object, user: brokerUsername(object.user, generation) }))
      .filter(this.#args.isWanted);
  }

  /** What belongs to a user exists once per generation: a draining user's permissions go with it. */
  #perGeneration(object: ObjectOfKind<'userLimits' | 'permissions' | 'topicPermissions'>): void {
    const resources = this.#users.get(object.user) ?? [];
    this.#generationsOf(object.user).forEach((generation, index) => {
      const user = brokerUsername(object.user, generation);
      if (!this.#args.isWanted({ ...object, user })) return;
      const needed = resources.slice(index, index + 1);
      const name = logicalName({ ...object, user });
      switch (object.kind) {
        case 'userLimits': {
          const { maxConnections, maxChannels } = object;
          const limits = { user, ...defined({ maxConnections, maxChannels }) };
          new warren.UserLimits(name, limits, this.#warren(needed));
          break;
        }
        case 'permissions':
          this.#permissions({ ...object, user }, object.user, needed);
          break;
        case 'topicPermissions':
          this.#topicPermissions({ ...object, user }, needed);
          break;
      }
    });
  }

  /** With the user's name on the broker, and in the topology. */
  #permissions(object: ObjectOfKind<'permissions'>, owner: string, users: pulumi.Resource[]): void {
    const { user, vhost, configure, write, read } = object;
    const args = { user, vhost, permissions: { configure, write, read } };
    const needed = [...users, ...this.#inVhost(vhost), ...this.#access.neededBy(object)];
    const resource = new rabbitmq.Permissions(logicalName(object), args, this.#rabbitmq(needed));
    this.#access.add(object, resource);
    this.#addPermissions(owner, resource);
  }

  #topicPermissions(object: ObjectOfKind<'topicPermissions'>, users: pulumi.Resource[]): void {
    const { user, vhost } = object;
    const permissions = object.exchanges.map((entry) => ({ ...entry }));
    const exchanges = object.exchanges
      .map(({ exchange }) => this.#exchangesAndQueues.get(endKey(vhost, 'exchange', exchange)))
      .filter((exchange) => exchange !== undefined);
    const needed = [...users, ...this.#inVhost(vhost), ...exchanges, ...this.#access.neededBy(object)];
    const options = this.#rabbitmq(needed);
    const resource = new rabbitmq.TopicPermissions(
      logicalName(object),
      { user, vhost, permissions },
      options,
    );
    this.#access.add(object, resource);
  }

  #policy(object: ObjectOfKind<'policy' | 'operatorPolicy'>): void {
    const { name, vhost, pattern, applyTo, priority } = object;
    // The class says "map of strings", the provider takes RabbitMQ's own types: a text stays a text, a number a number.
    const definition = { ...object.definition } as Record<string, string>;
    const args = { name, vhost, policy: { pattern, applyTo, priority, definition } };
    const options = this.#rabbitmq(this.#inVhost(vhost));
    const resource =
      object.kind === 'policy'
        ? new rabbitmq.Policy(logicalName(object), args, options)
        : new rabbitmq.OperatorPolicy(logicalName(object), args, options);
    const policies = this.#policies.get(vhost) ?? [];
    policies.push({ mayMatch: matcherOf(object.pattern), resource });
    this.#policies.set(vhost, policies);
  }

  #exchange(object: ObjectOfKind<'exchange'>): void {
    const { name, vhost, type, durable, autoDelete, internal } = object;
    const settings = {
      type,
      durable,
      autoDelete,
      // Only where it is said: the bridged provider knows no such setting.
      ...(internal ? { internal } : {}),
      ...(isEmpty(object.arguments) ? {} : { arguments: { ...object.arguments } as Record<string, string> }),
    };
    const resource = new rabbitmq.Exchange(
      logicalName(object),
      { name, vhost, settings },
      this.#rabbitmq(this.#inVhost(vhost)),
    );
    this.#exchangesAndQueues.set(endKey(vhost, 'exchange', name), resource);
  }

  #queue(object: ObjectOfKind<'queue'>): void {
    const { name, vhost, durable, autoDelete } = object;
    const settings = {
      durable,
      autoDelete,
      ...(isEmpty(object.arguments) ? {} : { argumentsJson: JSON.stringify(object.arguments) }),
    };
    const policies = (this.#policies.get(vhost) ?? []).filter(({ mayMatch }) => mayMatch(name));
    const resource = new rabbitmq.Queue(
      logicalName(object),
      { name, vhost, settings },
      this.#rabbitmq([
        ...this.#inVhost(vhost),
        ...policies.map((entry) => entry.resource),
        ...this.#access.neededByQueue(vhost, name),
      ]),
    );
    this.#exchangesAndQueues.set(endKey(vhost, 'queue', name), resource);
  }

  #binding(object: ObjectOfKind<'binding'>): void {
    const { vhost, source, destination, destinationType, routingKey } = object;
    const ends = [
      this.#exchangesAndQueues.get(endKey(vhost, 'exchange', source)),
      this.#exchangesAndQueues.get(endKey(vhost, destinationType, destination)),
    ].filter((end) => end !== undefined);
    const args = {
      vhost,
      source,
      destination,
      destinationType,
      routingKey,
      ...(isEmpty(object.arguments) ? {} : { argumentsJson: JSON.stringify(object.arguments) }),
    };
    new rabbitmq.Binding(logicalName(object), args, this.#rabbitmq([...this.#inVhost(vhost), ...ends]));
  }

  #globalParameter(object: ObjectOfKind<'globalParameter'>): void {
    const { name, value } = object;
    new warren.GlobalParameter(logicalName(object), { name, value }, this.#warren([]));
  }

  #parameter(object: ObjectOfKind<'parameter'>): void {
    const { vhost, component, name, value, logins = {} } = object;
    const given = Object.entries(logins).map(([key, user]) => ({ key, ...this.#args.loginOf(user) }));
    const args = {
      vhost,
      component,
      name,
      value,
      ...(given.length === 0
        ? {}
        : {
            logins: Object.fromEntries(given.map(({ key, username }) => [key, username])),
            passwords: Object.fromEntries(given.map(({ key, password }) => [key, password])),
          }),
    };
    const options = this.#warren([...this.#inVhost(vhost), ...this.#neededByParameter(object)]);
    this.#parameters.set(identityKey(object), new warren.Parameter(logicalName(object), args, options));
  }

  /** A shovel's queues and exchanges in its vhost, a set's upstreams, and who logs in: it starts as soon as it is there. */
  #neededByParameter(object: ObjectOfKind<'parameter'>): pulumi.Resource[] {
    const { vhost, component, value, logins = {} } = object;
    const named = (key: string): string => textAt(value, key) ?? '';
    const ends =
      component === 'shovel'
        ? ['src', 'dest'].flatMap((side) => [
            this.#exchangesAndQueues.get(endKey(vhost, 'queue', named(`${side}-queue`))),
            this.#exchangesAndQueues.get(endKey(vhost, 'exchange', named(`${side}-exchange`))),
          ])
        : [];
    const upstreams = (Array.isArray(value) ? (value as readonly JsonValue[]) : []).map((item) => {
      const upstream = { kind: 'parameter', vhost, component: 'federation-upstream', value: null } as const;
      return this.#parameters.get(identityKey({ ...upstream, name: textAt(item, 'upstream') ?? '' }));
    });
    const users = Object.values(logins).flatMap((user) => [
      ...(this.#users.get(user) ?? []),
      ...(this.#permissionsByUser.get(user) ?? []),
    ]);
    return [this.#vhostTopologies.get(vhost), ...ends, ...upstreams, ...users].filter(
      (resource) => resource !== undefined,
    );
  }

  #inVhost(vhost: string): pulumi.Resource[] {
    return this.#vhosts.get(vhost) ?? [];
  }

  #rabbitmq(dependsOn: pulumi.Resource[] = []): pulumi.CustomResourceOptions {
    return { parent: this, provider: this.#args.rabbitmqProvider, dependsOn, ...this.#fate() };
  }

  #warren(dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions {
    return { parent: this, provider: this.#args.warrenProvider, dependsOn, ...this.#fate() };
  }

  #fate(): pulumi.CustomResourceOptions {
    const { deletedWith } = this.#args;
    return deletedWith === undefined ? {} : { deletedWith };
  }
}

function endKey(vhost: string, type: 'exchange' | 'queue', name: string): string {
  return JSON.stringify([vhost, type, name]);
}

/** Exists once for each generation of a user's credential. */
function isPerGeneration(object: BrokerObject): boolean {
  return object.kind === 'user' || 'user' in object;
}

function isEmpty(value: Arguments): boolean {
  return Object.keys(value).length === 0;
}

function textAt(value: JsonValue, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Readonly<Record<string, JsonValue | undefined>>)[key];
  return typeof found === 'string' ? found : undefined;
}
