/**
 * Declaring and deleting exchanges, queues and bindings runs as an AMQP client inside the broker, so it needs
 * permissions in the vhost: the tag administrator is not enough. The broker grants them to whoever creates a
 * vhost, but an administrator that comes later (a new generation, another tool's vhost) has none.
 */
import type { BrokerReply } from './http';
import type { Broker, BrokerRequest } from './transport';
import { BrokerError, isBrokerError } from './errors';
import { field, getOrAbsent } from './json';
import { readVhostLimits } from '../kinds/limits';
import { path } from './transport';

const NO_ACCESS_REASONS: readonly string[] = ['Access refused', 'User not authorised to access virtual host'];

/**
 * Sends a request that needs permissions in a vhost. Where our own user has none there at all it gets full ones
 * (which it, being an administrator, may give itself) and the request is sent again.
 */
export async function requestInVhost(
  broker: Broker,
  vhost: string,
  request: BrokerRequest,
): Promise<BrokerReply> {
  try {
    return await broker.request(request);
  } catch (error) {
    if (!isAccessRefused(error)) throw error;
    if (!(await grantOwnAccess(broker, vhost))) throw narrowed(broker, vhost, request, error);
    try {
      return await broker.request(request);
    } catch (again) {
      const limits = isAccessRefused(again) ? await readVhostLimits(broker, vhost) : undefined;
      throw limits?.maxConnections === undefined
        ? again
        : full(broker, vhost, request, limits.maxConnections);
    }
  }
}

function isAccessRefused(error: unknown): error is BrokerError {
  return isBrokerError(error, 'forbidden') && NO_ACCESS_REASONS.includes(error.reason ?? '');
}

/** To look into a queue the broker opens a connection of ours in the vhost; where that is full it says no more than this. */
function full(broker: Broker, vhost: string, { action }: BrokerRequest, limit: number): BrokerError {
  return new BrokerError({
    kind: 'forbidden',
    message:
      `Cannot ${action} on ${broker.endpoint}: that takes a connection, and vhost "${vhost}" may have ${limit === 0 ? 'none' : `only ${limit}, which are in use`} (its limit maxConnections). ` +
      'Raise that limit, or close a connection, and run it again.',
  });
}

/** Of our own user, for what isn't a request: where it has no permissions there at all it gets full ones. */
export async function ensureOwnAccess(broker: Broker, vhost: string): Promise<void> {
  await grantOwnAccess(broker, vhost);
}

/** It may be an administrator and not have these: the broker asks for both. */
function narrowed(broker: Broker, vhost: string, { action }: BrokerRequest, error: BrokerError): BrokerError {
  const { username, endpoint } = broker;
  return new BrokerError({
    kind: 'forbidden',
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    message:
      `Cannot ${action} on ${endpoint}: user "${username}" may not do that (${error.reason ?? 'forbidden'}): its permissions in the vhost do not cover it, and it may not or should not widen them itself. ` +
      `Give it all of them in vhost "${vhost}" (rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'), and run it again.`,
  });
}

/** False where our user has other permissions already (somebody's decision), or may not give itself any. */
async function grantOwnAccess(broker: Broker, vhost: string): Promise<boolean> {
  const permissionsPath = `permissions/${path(vhost, broker.username)}`;
  const action = `give user "${broker.username}" access to vhost "${vhost}"`;
  const full = { configure: '.*', write: '.*', read: '.*' };
  try {
    const present = await getOrAbsent(broker, { path: permissionsPath, action });
    if (present === undefined) {
      await broker.request({ method: 'PUT', path: permissionsPath, body: full, action });
      return true;
    }
    // Parallel requests may all come here: whoever comes second finds the grant, and tries again as well.
    return Object.entries(full).every(([key, value]) => field(present, key) === value);
  } catch (error) {
    if (isBrokerError(error, 'forbidden', 'refused', 'notFound')) return false;
    throw error;
  }
}
