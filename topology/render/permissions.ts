/** Who may do what, as tables for people: the patterns as RabbitMQ gets them, and which roles they come from. */
import type { Role, Topology, User } from '../model';
import { NOTHING, table } from './table';

/** Two tables: permissions by user and vhost, and topic permissions where there are some. */
export function renderPermissions({ users }: Topology): string {
  if (users.length === 0) return 'The topology has no users.\n';
  const topics = users.flatMap(topicRows);
  const tables = [
    table(['user', 'vhost', 'from', 'configure', 'write', 'read'], users.flatMap(permissionRows)),
    ...(topics.length === 0
      ? []
      : [`Routing keys\n\n${table(['user', 'vhost', 'exchange', 'write', 'read'], topics)}`]),
  ];
  return `${tables.join('\n\n')}\n`;
}

/** A user without permissions can't enter any vhost: it is shown all the same. */
function permissionRows({ name, permissions, roles, tags }: User): string[][] {
  const described = tags.length === 0 ? name : `${name} (${tags.join(', ')})`;
  if (permissions.length === 0) return [[described, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING]];
  return permissions.map(({ vhost, configure, write, read, isGenerated }) => {
    const role = isGenerated === true ? roles.find((each) => each.vhost === vhost) : undefined;
    return [described, vhost, role === undefined ? 'permissions' : usesOf(role), configure, write, read];
  });
}

function topicRows({ name, topicPermissions }: User): string[][] {
  return topicPermissions.flatMap(({ vhost, exchanges }) =>
    exchanges.map(({ exchange, write, read }) => [name, vhost, exchange, write, read]),
  );
}

/** `publisher, owner`: the uses of a role that say something. */
function usesOf({ publisher, subscriber, consumer, owner, celery, monitor, administrator }: Role): string {
  const lists = { publisher, subscriber, consumer, owner, celery };
  const named = Object.entries(lists).flatMap(([use, names]) => (names.length > 0 ? [use] : []));
  return [...named, ...(monitor ? ['monitor'] : []), ...(administrator ? ['administrator'] : [])].join(', ');
}
