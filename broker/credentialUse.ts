/** Whether users can go without cutting anybody off, and who is still there when they can't. */
import type { Broker } from './transport';
import { connectionsOfUser, type UserConnection } from './connections';

const SHOWN = 3;

/** The connections of all these users. */
export async function useOf(
  broker: Broker,
  usernames: readonly string[],
): Promise<readonly UserConnection[]> {
  const lists = await Promise.all(usernames.map((username) => connectionsOfUser(broker, username)));
  return lists.flat();
}

/** `celery-g1 has 2 connections (10.0.0.7 in vhost "shop": …)`, by user; undefined where there are none. */
export function describeUse(connections: readonly UserConnection[]): string | undefined {
  if (connections.length === 0) return undefined;
  const users = [...new Set(connections.map(({ user }) => user))];
  return users
    .map((user) => `${user} has ${countOf(connections.filter((connection) => connection.user === user))}`)
    .join('; ');
}

function countOf(connections: readonly UserConnection[]): string {
  const shown = connections.slice(0, SHOWN).map(inWords).join(', ');
  const more = connections.length > SHOWN ? `, and ${connections.length - SHOWN} more` : '';
  return `${connections.length} ${connections.length === 1 ? 'connection' : 'connections'} (${shown}${more})`;
}

/** The client's own name stands behind its address in RabbitMQ's name of a connection. */
function inWords({ name, vhost, peerHost }: UserConnection): string {
  const from = peerHost === undefined ? 'inside of the broker' : `from ${name}`;
  return `${from} in vhost "${vhost}"`;
}
