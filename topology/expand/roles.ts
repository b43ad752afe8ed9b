/**
 * The roles of users become permissions and tags. What RabbitMQ asks for each operation is measured, and the same on
 * 3.10, 4.0 and 4.3: configure to declare and delete; write on an exchange to publish; read on a queue to consume, get
 * and purge; to bind, read on the source and write on the destination; to declare a queue with a dead-letter exchange,
 * read on the queue and write on that exchange; to declare an exchange with an alternate one, read on it and write on
 * the alternate; over the stream protocol, write on the stream to publish (and, on 3.10, to keep an offset there). Who has
 * any of the three may declare passively; before 4.3 that takes nothing.
 */
import type { Permission, Role, Topology, User } from '../model';
import { DEFAULT_EXCHANGE } from '../names';
import { resolveQueueType } from '../resolve/replication';
import { RoleNames } from '../roleNames';
import type { Target } from '../target';
import { grantCelery } from './celeryRole';
import { Grants } from './grants';
import { grantOwner, queueSubjects } from './ownership';
import { partitionNames } from './superStreams';

const EVERYTHING = { configure: '.*', write: '.*', read: '.*' };

/** Comes last, when everything else is written out: a role is about what there is then. */
export function expandRoles(topology: Topology): Topology {
  if (topology.users.every(({ roles }) => roles.length === 0)) return topology;
  const vhosts = new Map(topology.vhosts.map((vhost) => [vhost.name, new RoleNames(vhost)]));
  return { ...topology, users: topology.users.map((user) => expandUser(user, vhosts, topology.target)) };
}

/** Leaves out what the rules complain about: roles in an unknown vhost, and those beside permissions. */
function expandUser(user: User, vhosts: ReadonlyMap<string, RoleNames>, target: Target): User {
  const explicit = new Set(user.permissions.map(({ vhost }) => vhost));
  const derived = user.roles.flatMap((role): Permission[] => {
    const names = vhosts.get(role.vhost);
    if (names === undefined || explicit.has(role.vhost)) return [];
    const { path, vhost } = role;
    return [{ path, vhost, ...patternsOf(role, names, target), isGenerated: true }];
  });
  return {
    ...user,
    tags: [...new Set([...user.tags, ...user.roles.flatMap(tagsOf)])],
    permissions: [...user.permissions, ...derived],
  };
}

function tagsOf({ monitor, administrator }: Role): string[] {
  return [...(monitor ? ['monitoring'] : []), ...(administrator ? ['administrator'] : [])];
}

/** Names that the vhost doesn't have are passed over. */
function patternsOf(role: Role, names: RoleNames, target: Target): typeof EVERYTHING {
  if (role.administrator) return EVERYTHING;
  const grants = new Grants();
  for (const name of role.publisher) grantPublisher(grants, name, names, target);
  for (const name of role.consumer) grantConsumer(grants, name, names);
  for (const name of role.subscriber) grantSubscriber(grants, name, names);
  for (const name of role.owner) grantOwner(grants, name, names);
  if (role.celery.length > 0) grantCelery(grants, role.celery, names, target);
  return grants.patterns();
}

function grantPublisher(grants: Grants, name: string, names: RoleNames, target: Target): void {
  const { exchange, isPredeclaredExchange, queue, superStream } = names.find(name);
  if (exchange !== undefined || isPredeclaredExchange || name === DEFAULT_EXCHANGE) {
    grants.allow({ name }, 'write');
  }
  // The stream protocol publishes to a stream itself.
  if (queue !== undefined && resolveQueueType(queue, names.vhost, target).type === 'stream') {
    grants.allow({ name }, 'write');
  }
  if (superStream !== undefined) {
    for (const partition of partitionNames(superStream)) grants.allow({ name: partition }, 'write');
  }
}

function grantConsumer(grants: Grants, name: string, names: RoleNames): void {
  const meaning = names.find(name);
  for (const subject of queueSubjects(meaning, name)) grants.allow(subject, 'read');
  for (const stage of meaning.queue?.stages ?? []) grants.allow({ name: stage }, 'read');
}

function grantSubscriber(grants: Grants, name: string, names: RoleNames): void {
  const { exchange, isPredeclaredExchange } = names.find(name);
  if (exchange !== undefined || isPredeclaredExchange) grants.bindFrom(name);
}
