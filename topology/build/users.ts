import type { Permission, Role, TopicPermission, User } from '../model';
import type { Path } from '../source/index';
import { asBoolean, asInteger, asRecord, asString, asStrings, defined, entries } from './values';
import type { Data } from './values';

/** RabbitMQ reads an empty permission as `^$`: nothing. */
const NOTHING = '^$';

export function buildUser(name: string, data: Data, path: Path): User {
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
    roles: entries(data.roles, [...path, 'roles'], buildRole),
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

function buildRole(vhost: string, data: Data, path: Path): Role {
  return {
    path,
    vhost,
    publisher: asStrings(data.publisher),
    subscriber: asStrings(data.subscriber),
    consumer: asStrings(data.consumer),
    owner: asStrings(data.owner),
    celery: asStrings(data.celery),
    monitor: asBoolean(data.monitor) ?? false,
    administrator: asBoolean(data.administrator) ?? false,
  };
}
