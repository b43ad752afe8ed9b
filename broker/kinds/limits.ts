/** Limits of vhosts and of users: the same shape under two paths. A limit that is left out means no limit. */
import type { UserLimitsObject, VhostLimitsObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { isBrokerError } from '../api/errors';
import { count, deleteOrAbsent, field, getOrAbsent, records } from '../api/json';
import { path } from '../api/transport';

type Values = Readonly<Record<string, number | undefined>>;

const VHOST_LIMITS = ['max-connections', 'max-queues'] as const;
const USER_LIMITS = ['max-connections', 'max-channels'] as const;

export async function readVhostLimits(broker: Broker, vhost: string): Promise<VhostLimitsObject | undefined> {
  const values = await readValues(broker, 'vhost-limits', vhost);
  return values === undefined ? undefined : vhostLimitsOf(vhost, values);
}

/** From RabbitMQ's own table of limits; without any, there is none. */
export function vhostLimitsOf(vhost: string, values: unknown): VhostLimitsObject {
  const maxConnections = count(values, 'max-connections');
  const maxQueues = count(values, 'max-queues');
  return {
    kind: 'vhostLimits',
    vhost,
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxQueues === undefined ? {} : { maxQueues }),
  };
}

export async function putVhostLimits(broker: Broker, limits: VhostLimitsObject): Promise<void> {
  await putValues(broker, 'vhost-limits', limits.vhost, {
    'max-connections': limits.maxConnections,
    'max-queues': limits.maxQueues,
  });
}

export async function removeVhostLimits(broker: Broker, vhost: string): Promise<void> {
  await clear(broker, 'vhost-limits', vhost, VHOST_LIMITS);
}

export async function readUserLimits(broker: Broker, user: string): Promise<UserLimitsObject | undefined> {
  const values = await readValues(broker, 'user-limits', user);
  return values === undefined ? undefined : userLimitsOf(user, values);
}

export function userLimitsOf(user: string, values: unknown): UserLimitsObject {
  const maxConnections = count(values, 'max-connections');
  const maxChannels = count(values, 'max-channels');
  return {
    kind: 'userLimits',
    user,
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxChannels === undefined ? {} : { maxChannels }),
  };
}

export async function putUserLimits(broker: Broker, limits: UserLimitsObject): Promise<void> {
  await putValues(broker, 'user-limits', limits.user, {
    'max-connections': limits.maxConnections,
    'max-channels': limits.maxChannels,
  });
}

export async function removeUserLimits(broker: Broker, user: string): Promise<void> {
  await clear(broker, 'user-limits', user, USER_LIMITS);
}

type Area = 'vhost-limits' | 'user-limits';

function inWords(area: Area, name: string): string {
  return area === 'vhost-limits' ? `the limits of vhost "${name}"` : `the limits of user "${name}"`;
}

/** Undefined where the vhost or user itself is absent. */
async function readValues(broker: Broker, area: Area, name: string): Promise<unknown> {
  const action = `read ${inWords(area, name)}`;
  const json = await getOrAbsent(broker, { path: `${area}/${path(name)}`, action });
  return json === undefined ? undefined : (field(records(json)[0], 'value') ?? {});
}

async function putValues(broker: Broker, area: Area, name: string, values: Values): Promise<void> {
  const absent: string[] = [];
  for (const [limit, value] of Object.entries(values)) {
    // -1 is RabbitMQ's word for no limit; clearing it says the same, and leaves nothing behind.
    if (value === undefined || value < 0) absent.push(limit);
    else {
      await broker.request({
        method: 'PUT',
        path: `${area}/${path(name, limit)}`,
        body: { value },
        action: `set ${inWords(area, name)}`,
      });
    }
  }
  await clear(broker, area, name, absent);
}

async function clear(broker: Broker, area: Area, name: string, limits: readonly string[]): Promise<void> {
  for (const limit of limits) {
    const action = `clear ${inWords(area, name)}`;
    try {
      await deleteOrAbsent(broker, { path: `${area}/${path(name, limit)}`, action });
    } catch (error) {
      // RabbitMQ 3.10 answers 500 where the vhost is gone, which is as good as a cleared limit.
      if (!isBrokerError(error, 'unavailable', 'refused')) throw error;
      if ((await readValues(broker, area, name)) !== undefined) throw error;
    }
  }
}
