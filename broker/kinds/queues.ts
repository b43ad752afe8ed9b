/** Queues. Deleting one never loses a message that nobody approved to lose: see queueDeletion.ts. */
import type { Arguments, QueueObject } from '../../topology/objects';
import { effectiveDefinition } from '../../topology/route/effectiveSettings';
import type { Broker } from '../api/transport';
import { requestInVhost } from '../api/access';
import { conflictError } from './conflict';
import { readTogether } from '../api/coalesce';
import { BrokerError, isBrokerError } from '../api/errors';
import { argumentTable, field, flag, getOrAbsent, records, text } from '../api/json';
import { path } from '../api/transport';

export type QueueName = Pick<QueueObject, 'vhost' | 'name'>;

const inWords = (vhost: string, name: string): string => `queue "${name}" in vhost "${vhost}"`;

export async function list(broker: Broker, vhost: string): Promise<readonly QueueObject[]> {
  const action = `list the queues of vhost "${vhost}"`;
  const listPath = `queues/${path(vhost)}?disable_stats=true`;
  const { json } = await broker.request({ method: 'GET', path: listPath, action });
  return records(json).map(fromJson);
}

export async function read(broker: Broker, vhost: string, name: string): Promise<QueueObject | undefined> {
  const action = `read ${inWords(vhost, name)}`;
  const queuePath = `queues/${path(vhost, name)}?disable_stats=true`;
  const json = await getOrAbsent(broker, { path: queuePath, action });
  return json === undefined ? undefined : fromJson(json);
}

/**
 * What the policy and the operator policy that apply to the queue say together; empty where there are none. The
 * statistics know it seconds late, so they aren't asked: from 4.0 on the queue itself tells, 3.10 only names the two.
 */
export async function readEffectivePolicy(broker: Broker, vhost: string, name: string): Promise<Arguments> {
  const action = `read the policy of ${inWords(vhost, name)}`;
  const queuePath = `queues/${path(vhost, name)}?disable_stats=true`;
  const json = await getOrAbsent(broker, { path: queuePath, action });
  const effective = field(json, 'effective_policy_definition');
  if (json === undefined || effective !== undefined) return argumentTable(effective);
  const listPath = `queues/${path(vhost)}?disable_stats=true`;
  const all = records(await getOrAbsent(broker, { path: listPath, action }));
  const entry = all.find((each) => text(each, 'name') === name);
  const definitionOf = async (area: string, key: string): Promise<Arguments> => {
    const applied = text(entry, key);
    if (applied === '') return {};
    return argumentTable(
      field(await getOrAbsent(broker, { path: `${area}/${path(vhost, applied)}`, action }), 'definition'),
    );
  };
  const [policy, operatorPolicy] = await Promise.all([
    definitionOf('policies', 'policy'),
    definitionOf('operator-policies', 'operator_policy'),
  ]);
  return effectiveDefinition({ arguments: {}, policy, operatorPolicy });
}

/**
 * Declares the queue. One that exists and is equal is fine: `present`, also where an attempt made it whose answer was
 * lost. `refused` names every field that differs. `declareQueue` makes sure that a quorum queue works, too.
 */
export async function put(broker: Broker, queue: QueueObject): Promise<'created' | 'present'> {
  const { vhost, name, durable, autoDelete } = queue;
  try {
    const { status } = await requestInVhost(broker, vhost, {
      method: 'PUT',
      path: `queues/${path(vhost, name)}`,
      body: { durable, auto_delete: autoDelete, arguments: queue.arguments },
      action: `create ${inWords(vhost, name)}`,
    });
    return status === 201 ? 'created' : 'present';
  } catch (error) {
    if (!isBrokerError(error, 'refused')) throw error;
    const current = await read(broker, vhost, name);
    throw (current && conflictError(broker, inWords(vhost, name), current, queue)) ?? error;
  }
}

export interface DeleteOptions {
  readonly ifEmpty?: boolean;
  readonly ifUnused?: boolean;
  /** The broker waits for a leader before it deletes a quorum queue without one. */
  readonly isLeaderless?: boolean;
}

const LEADERLESS_TIMEOUT_MS = 60_000;

/** Only classic queues know the conditions. An absent queue is fine. */
export async function remove(
  broker: Broker,
  { vhost, name }: QueueName,
  { ifEmpty = false, ifUnused = false, isLeaderless = false }: DeleteOptions = {},
): Promise<void> {
  const flags = [...(ifEmpty ? ['if-empty=true'] : []), ...(ifUnused ? ['if-unused=true'] : [])].join('&');
  const query = flags === '' ? '' : `?${flags}`;
  try {
    await requestInVhost(broker, vhost, {
      method: 'DELETE',
      path: `queues/${path(vhost, name)}${query}`,
      action: `delete ${inWords(vhost, name)}`,
      ...(isLeaderless ? { timeoutMs: LEADERLESS_TIMEOUT_MS } : {}),
    });
  } catch (error) {
    if (!isBrokerError(error, 'notFound')) throw error;
    await refuseUnanswered(broker, { vhost, name });
  }
}

/**
 * Throws `unavailable` where the broker lists a queue of which it says that there is none, as 3.10 does while the only
 * node of a classic queue is down: it comes back with that node, and with what it holds.
 */
export async function refuseUnanswered(broker: Broker, { vhost, name }: QueueName): Promise<void> {
  const action = `list the queues of vhost "${vhost}"`;
  const listPath = `queues/${path(vhost)}?disable_stats=true&columns=name`;
  const listed = await readTogether(broker, `names of queues in ${vhost}`, () =>
    getOrAbsent(broker, { path: listPath, action }),
  );
  if (!records(listed).some((entry) => text(entry, 'name') === name)) return;
  throw new BrokerError({
    kind: 'unavailable',
    message:
      `Cannot look after ${inWords(vhost, name)} on ${broker.endpoint}: the broker lists it, and no node that runs answers for it. ` +
      'Start the node where it is, and run it again.',
  });
}

export function fromJson(json: unknown): QueueObject {
  return {
    kind: 'queue',
    vhost: text(json, 'vhost'),
    name: text(json, 'name'),
    durable: flag(json, 'durable'),
    autoDelete: flag(json, 'auto_delete'),
    arguments: argumentTable(field(json, 'arguments')),
  };
}
