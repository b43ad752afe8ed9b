/** Virtual hosts: description, tags, default queue type, tracing and protection from deletion. */
import type { QueueType, VhostObject } from '../../topology/objects';
import { canonicalJson } from '../../topology/objects';
import type { Approvals } from '../guards/approvals';
import type { QueueCounts } from '../figures/queueCounts';
import type { Broker } from '../api/transport';
import { howToApprove, subjectOfVhost, verdictOn } from '../guards/approvals';
import { BrokerError } from '../api/errors';
import { connectionsIn } from '../figures/connections';
import { countsOfVhost, describeCounts } from '../figures/queueCounts';
import { deleteOrAbsent, field, flag, getOrAbsent, records, text, textList } from '../api/json';
import { isAtLeast, readOverview } from '../figures/overview';
import { path } from '../api/transport';

export interface Vhost extends VhostObject {
  readonly tracing?: boolean;
}

/** Removing a vhost with thousands of queues takes the broker up to a minute. */
const REMOVE_TIMEOUT_MS = 180_000;

const nameInWords = (name: string): string => `vhost "${name}"`;

export async function list(broker: Broker): Promise<readonly Vhost[]> {
  const { json } = await broker.request({ method: 'GET', path: 'vhosts', action: 'list the vhosts' });
  return records(json).map(fromJson);
}

/** The vhost, or undefined where there is none of that name. */
export async function read(broker: Broker, name: string): Promise<Vhost | undefined> {
  const action = `read ${nameInWords(name)}`;
  const json = await getOrAbsent(broker, { path: `vhosts/${path(name)}`, action });
  return json === undefined ? undefined : fromJson(json);
}

/**
 * Creates the vhost, or changes what differs. Fields that `vhost` leaves out stay as they are: a PUT that doesn't
 * name the description and the tags would wipe them.
 */
export async function put(broker: Broker, vhost: Vhost): Promise<void> {
  const current = await read(broker, vhost.name);
  if (vhost.deletionProtection === true && current?.deletionProtection !== true) {
    await refuseWithoutProtection(broker, vhost);
  }
  await putSettings(broker, vhost, current);
  const { deletionProtection } = vhost;
  if (deletionProtection !== undefined && deletionProtection !== (current?.deletionProtection ?? false)) {
    await setProtection(broker, vhost.name, deletionProtection);
  }
}

async function putSettings(broker: Broker, vhost: Vhost, current: Vhost | undefined): Promise<void> {
  const wanted = { ...settings(current), ...settings(vhost) };
  if (current !== undefined && canonicalJson(settings(current)) === canonicalJson(wanted)) return;
  if (vhost.defaultQueueType !== undefined) await refuseWithoutDefaultQueueType(broker, vhost);
  await broker.request({
    method: 'PUT',
    path: `vhosts/${path(vhost.name)}`,
    body: {
      description: wanted.description ?? '',
      tags: (wanted.tags ?? []).join(','),
      tracing: wanted.tracing ?? false,
      ...(wanted.defaultQueueType === undefined ? {} : { default_queue_type: wanted.defaultQueueType }),
    },
    action: `${current === undefined ? 'create' : 'change'} ${nameInWords(vhost.name)}`,
  });
}

/** The PUT of a vhost leaves its protection alone, whatever its body says. */
async function setProtection(broker: Broker, name: string, isProtected: boolean): Promise<void> {
  const request = {
    path: `vhosts/${path(name)}/deletion/protection`,
    action: `${isProtected ? 'protect' : 'unprotect'} ${nameInWords(name)}`,
  };
  if (isProtected) await broker.request({ ...request, method: 'POST', repeatable: true });
  else await deleteOrAbsent(broker, request);
}

/**
 * Deletes the vhost and everything in it. Unless approved, it is refused (`guarded`) while it is protected from
 * deletion, a client is connected to it, or a queue in it holds messages. An absent vhost is fine.
 */
export async function remove(
  broker: Broker,
  name: string,
  options: { readonly approvals: Approvals },
): Promise<void> {
  const vhost = await read(broker, name);
  if (vhost === undefined) return;
  const isProtected = vhost.deletionProtection === true;
  await refuseUnlessApproved(broker, name, isProtected, options.approvals);
  if (isProtected) await setProtection(broker, name, false);
  await deleteOrAbsent(broker, {
    path: `vhosts/${path(name)}`,
    action: `delete ${nameInWords(name)}`,
    timeoutMs: REMOVE_TIMEOUT_MS,
  });
}

async function refuseUnlessApproved(
  broker: Broker,
  name: string,
  isProtected: boolean,
  approvals: Approvals,
): Promise<void> {
  const loss = { operation: 'delete', subject: subjectOfVhost(name), shape: isProtected } as const;
  // Whatever is in it: then nothing needs to be counted.
  if (verdictOn({ ...loss, messages: Infinity, isInUse: true }, approvals) === 'approved') return;
  const connections = await connectionsIn(broker, name);
  const full = (await countsOfVhost(broker, name)).filter((queue) => queue.messages > 0 || queue.isUncertain);
  const reasons = [
    ...(isProtected ? ['it is protected from deletion'] : []),
    ...(full.length > 0
      ? [`its queues hold messages, which would be lost: ${inShort(full.map(queueInWords))}`]
      : []),
    ...(connections.length > 0
      ? [
          `clients are connected to it: ${inShort(connections.map((client) => `${client.user} (${client.name})`))}`,
        ]
      : []),
  ];
  if (reasons.length === 0) return;
  const messages = full.reduce((sum, queue) => sum + (queue.isUncertain ? Infinity : queue.messages), 0);
  const measured = { ...loss, messages, isInUse: connections.length > 0 };
  const verdict = verdictOn(measured, approvals);
  if (verdict === 'approved') return;
  const wayOut = isProtected
    ? 'Say `deletionProtection: false` first'
    : full.length === 0
      ? 'Stop these clients'
      : 'Consume or purge the messages, and stop the clients';
  throw new BrokerError({
    kind: 'guarded',
    message:
      `Refused to delete ${nameInWords(name)} on ${broker.endpoint}: ${reasons.join('; ')}. ${wayOut}; ` +
      `or approve the loss with ${howToApprove(measured, verdict)}`,
  });
}

function queueInWords(queue: QueueCounts): string {
  return `"${queue.name}" (${describeCounts(queue)})`;
}

function inShort(items: readonly string[]): string {
  const shown = items.slice(0, 5);
  return `${shown.join(', ')}${items.length > shown.length ? ` and ${items.length - shown.length} more` : ''}`;
}

async function refuseWithoutProtection(broker: Broker, vhost: Vhost): Promise<void> {
  const { version } = await readOverview(broker);
  if (isAtLeast(version, 4, 1)) return;
  throw new BrokerError({
    kind: 'unsupported',
    message:
      `Cannot protect ${nameInWords(vhost.name)} from deletion: RabbitMQ ${version} on ${broker.endpoint} can't do that. ` +
      'Leave it out, or upgrade the broker to 4.1 or later.',
  });
}

async function refuseWithoutDefaultQueueType(broker: Broker, vhost: Vhost): Promise<void> {
  const { version } = await readOverview(broker);
  if (isAtLeast(version, 3, 11)) return;
  throw new BrokerError({
    kind: 'unsupported',
    message:
      `Cannot give ${nameInWords(vhost.name)} the default queue type ${vhost.defaultQueueType ?? ''}: RabbitMQ ${version} on ${broker.endpoint} ignores it. ` +
      'Leave it out and give each queue its type, or upgrade the broker to 4.x.',
  });
}

type PutSettings = Omit<Vhost, 'kind' | 'name' | 'position' | 'deletionProtection'>;

/** Only what is stated, so that it can be laid over what there is. */
function settings(vhost: Vhost | undefined): PutSettings {
  if (vhost === undefined) return {};
  return {
    ...(vhost.description === undefined ? {} : { description: vhost.description }),
    ...(vhost.tags === undefined ? {} : { tags: vhost.tags }),
    ...(vhost.defaultQueueType === undefined ? {} : { defaultQueueType: vhost.defaultQueueType }),
    ...(vhost.tracing === undefined ? {} : { tracing: vhost.tracing }),
  };
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(json: unknown): Vhost {
  const type = text(json, 'default_queue_type');
  const protection = field(json, 'protected_from_deletion');
  return {
    kind: 'vhost',
    name: text(json, 'name'),
    description: text(json, 'description'),
    tags: textList(field(json, 'tags')),
    tracing: flag(json, 'tracing'),
    // 3.10 reports the text "undefined".
    ...(isQueueType(type) ? { defaultQueueType: type } : {}),
    // Brokers before 4.1 don't know it.
    ...(typeof protection === 'boolean' ? { deletionProtection: protection } : {}),
  };
}

function isQueueType(value: string): value is QueueType {
  return value === 'classic' || value === 'quorum' || value === 'stream';
}
