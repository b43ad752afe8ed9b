/**
 * The topology as custom resources of RabbitMQ's messaging topology operator (rabbitmq.com/v1beta1), for teams that stay
 * with it. It knows no passwords: each user's come from a Secret with `username` and `password`.
 */
import * as crypto from 'node:crypto';
import { stringify } from 'yaml';
import { identityKey, type BrokerObject } from '../objects';

export interface CustomResource {
  readonly apiVersion: 'rabbitmq.com/v1beta1';
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface TopologyResources {
  readonly resources: readonly CustomResource[];
  /** What the operator has no resource, or no field, for. */
  readonly leftOut: readonly string[];
}

/** Of the RabbitmqCluster, as Warren calls it. */
const CLUSTER = 'rabbitmq';
const SLUG_LENGTH = 40;

export function topologyResources(objects: readonly BrokerObject[]): TopologyResources {
  const limits = (kind: 'vhostLimits' | 'userLimits', name: string): BrokerObject | undefined =>
    objects.find(
      (object) =>
        object.kind === kind && (object.kind === 'vhostLimits' ? object.vhost : object.user) === name,
    );
  const resources = objects.flatMap((object) => resourcesOf(object, limits));
  return { resources, leftOut: objects.flatMap(lossOf) };
}

export function renderTopologyOperator(objects: readonly BrokerObject[]): string {
  const { resources, leftOut } = topologyResources(objects);
  const head = [
    `# For RabbitMQ's messaging topology operator, beside the RabbitmqCluster "${CLUSTER}".`,
    '# Each user needs its Secret with `username` and `password`.',
    ...leftOut.map((text) => `# Left out: ${text}`),
  ].join('\n');
  const texts = resources.map(
    (resource) => `---\n${stringify(resource, { lineWidth: 0, aliasDuplicateObjects: false })}`,
  );
  return `${head}\n${texts.join('')}`;
}

type Limits = (kind: 'vhostLimits' | 'userLimits', name: string) => BrokerObject | undefined;

function resourcesOf(object: BrokerObject, limits: Limits): readonly CustomResource[] {
  const one = (kind: string, spec: object): readonly CustomResource[] => [
    resource(kind, nameOf(identityKey(object)), spec),
  ];
  switch (object.kind) {
    case 'vhost':
      return one('Vhost', {
        name: object.name,
        ...given('tags', object.tags),
        ...given('defaultQueueType', object.defaultQueueType),
        ...limitsOf(limits('vhostLimits', object.name)),
      });
    case 'user':
      return one('User', {
        tags: object.tags,
        importCredentialsSecret: { name: nameOf(identityKey(object)) },
        ...limitsOf(limits('userLimits', object.name)),
      });
    case 'permissions': {
      const { user, vhost, configure, write, read } = object;
      return one('Permission', { user, vhost, permissions: { configure, write, read } });
    }
    case 'topicPermissions':
      return object.exchanges.map(({ exchange, write, read }) =>
        resource('TopicPermission', nameOf(`${identityKey(object)} ${exchange}`), {
          user: object.user,
          vhost: object.vhost,
          permissions: { exchange, write, read },
        }),
      );
    case 'exchange': {
      const { name, vhost, type, durable, autoDelete } = object;
      return one('Exchange', { name, vhost, type, durable, autoDelete, ...argumentsOf(object) });
    }
    case 'queue': {
      const { name, vhost, durable, autoDelete } = object;
      const { 'x-queue-type': type, ...others } = object.arguments;
      return one('Queue', {
        name,
        vhost,
        durable,
        autoDelete,
        ...given('type', type),
        ...argumentsOf({ arguments: others }),
      });
    }
    case 'binding': {
      const { vhost, source, destination, destinationType, routingKey } = object;
      return one('Binding', {
        vhost,
        source,
        destination,
        destinationType,
        routingKey,
        ...argumentsOf(object),
      });
    }
    case 'policy':
    case 'operatorPolicy': {
      const { name, vhost, pattern, applyTo, priority, definition } = object;
      const kind = object.kind === 'policy' ? 'Policy' : 'OperatorPolicy';
      return one(kind, { name, vhost, pattern, applyTo, priority, definition });
    }
    default:
      return [];
  }
}

/** What an object has, and its custom resource can't say. */
function lossOf(object: BrokerObject): readonly string[] {
  switch (object.kind) {
    case 'vhost':
      return [
        ...(object.description === undefined ? [] : [`the description of the vhost "${object.name}"`]),
        ...(object.deletionProtection === undefined ? [] : [`the protection of the vhost "${object.name}"`]),
      ];
    case 'exchange':
      return object.internal ? [`that the exchange "${object.name}" in "${object.vhost}" is internal`] : [];
    case 'parameter':
      return [`the ${object.component} "${object.name}" in the vhost "${object.vhost}"`];
    case 'globalParameter':
      return [`the global parameter "${object.name}"`];
    default:
      return [];
  }
}

function resource(kind: string, name: string, spec: object): CustomResource {
  return {
    apiVersion: 'rabbitmq.com/v1beta1',
    kind,
    metadata: { name },
    spec: { ...spec, rabbitmqClusterReference: { name: CLUSTER } },
  };
}

function limitsOf(object: BrokerObject | undefined): object {
  if (object?.kind === 'vhostLimits')
    return {
      limits: { ...given('connections', object.maxConnections), ...given('queues', object.maxQueues) },
    };
  if (object?.kind === 'userLimits')
    return {
      limits: { ...given('connections', object.maxConnections), ...given('channels', object.maxChannels) },
    };
  return {};
}

function argumentsOf({ arguments: all }: { readonly arguments: object }): object {
  return Object.keys(all).length === 0 ? {} : { arguments: all };
}

function given(key: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [key]: value };
}

/** Different for each object, whatever characters it has: a part to read, and a part that tells them apart. */
function nameOf(identity: string): string {
  const slug = identity
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, SLUG_LENGTH)
    .replace(/-+$/, '');
  const hash = crypto.createHash('sha256').update(identity).digest('hex').slice(0, 8);
  return slug === '' ? `object-${hash}` : `${slug}-${hash}`;
}
