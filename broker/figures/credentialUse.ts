/** Whether users can go without cutting anybody off, and who is still there when they can't. */
import type { Broker } from '../api/transport';
import { clientNameOf, connectionsOfUser, type UserConnection } from './connections';

const SHOWN = 3;

/** `celery-g1 has 1 connection (till from 10.0.0.7:51022 in vhost "shop")`, by user; undefined where there is none. */
export async function describeUse(broker: Broker, usernames: readonly string[]): Promise<string | undefined> {
  const all = await Promise.all(
    usernames.map(async (user) => ({ user, connections: await connectionsOfUser(broker, user) })),
  );
  const inUse = all.filter(({ connections }) => connections.length > 0);
  if (inUse.length === 0) return undefined;
  const parts = inUse.map(
    async ({ user, connections }) => `${user} has ${await inWords(broker, connections)}`,
  );
  return (await Promise.all(parts)).join('; ');
}

/** Of these users, those that somebody is logged in as. */
export async function usersInUse(broker: Broker, usernames: readonly string[]): Promise<readonly string[]> {
  const counts = await Promise.all(usernames.map((user) => connectionsOfUser(broker, user)));
  return usernames.filter((_, index) => (counts[index] ?? []).length > 0);
}

async function inWords(broker: Broker, connections: readonly UserConnection[]): Promise<string> {
  const shown = await Promise.all(
    connections.slice(0, SHOWN).map(async ({ name, vhost }) => {
      const client = await clientNameOf(broker, name);
      return `${client === undefined ? '' : `"${client}" `}${origin(name)} in vhost "${vhost}"`;
    }),
  );
  const more = connections.length > SHOWN ? `, and ${connections.length - SHOWN} more` : '';
  const noun = connections.length === 1 ? 'connection' : 'connections';
  return `${connections.length} ${noun} (${shown.join(', ')}${more})`;
}

/** RabbitMQ names a connection by its two ends; one of a shovel or federation has none outside. */
function origin(name: string): string {
  const client = /^(.+) -> /.exec(name)?.[1];
  return client === undefined ? 'inside of the broker' : `from ${client}`;
}
