/**
 * What a Celery application needs for itself, beside its task queues. Measured with Celery 5.5.3 and 5.6.2 on RabbitMQ
 * 3.10, 4.0 and 4.3, by leaving out one part after the other. Workers, beat and senders are one application here.
 */
import { DEFAULT_EXCHANGE } from '../names';
import { resolveQueueType, vhostDefaultType } from '../resolve/replication';
import type { RoleNames } from '../roleNames';
import type { Target } from '../target';
import type { Grants } from './grants';
import { grantDeadLetters, queueSubjects } from './ownership';

const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Events: the exchange, and a queue for each worker and monitor that listens. */
const EVENTS = `celeryev(\\.${UUID})?`;

/** Remote control: two exchanges, a queue per worker (NODE.celery.pidbox), one per inquiry (UUID.reply.celery.pidbox). */
const REMOTE_CONTROL = '(.+\\.)?celery\\.pidbox';

/** Delayed delivery on quorum queues: an exchange and a queue for each power of two seconds, and the exchange behind. */
const DELAYED_DELIVERY = 'celery_delayed_([0-9]|1[0-9]|2[0-7]|delivery)';

export function grantCelery(
  grants: Grants,
  queueNames: readonly string[],
  names: RoleNames,
  target: Target,
): void {
  const { exchange, resultBackend = 'rpc://' } = names.vhost.celery ?? {};
  // Celery also declares a direct exchange of the same name for each queue, unless its settings name another one.
  for (const name of queueNames) grantTaskQueue(grants, name, names);
  if (exchange !== undefined) grants.allow({ name: exchange }, 'configure', 'write', 'read');
  // Tasks for the queues of a direct exchange, and results.
  grants.allow({ name: DEFAULT_EXCHANGE }, 'write');
  const needsDelay = queueNames.some((name) => isQuorum(name, names, target));
  for (const expression of [EVENTS, REMOTE_CONTROL, ...(needsDelay ? [DELAYED_DELIVERY] : [])]) {
    grants.allow({ expression }, 'configure', 'write', 'read');
  }
  // A queue for the results of each sender, which come through the default exchange.
  if (resultBackend.startsWith('rpc:')) grants.allow({ expression: UUID }, 'configure', 'read');
}

function grantTaskQueue(grants: Grants, name: string, names: RoleNames): void {
  const meaning = names.find(name);
  for (const subject of queueSubjects(meaning, name)) grants.allow(subject, 'configure', 'write', 'read');
  for (const stage of meaning.queue?.stages ?? []) grants.allow({ name: stage }, 'read');
  grantDeadLetters(grants, meaning);
}

function isQuorum(name: string, names: RoleNames, target: Target): boolean {
  const { queue, family } = names.find(name);
  if (queue !== undefined) return resolveQueueType(queue, names.vhost, target).type === 'quorum';
  if (family === undefined) return false;
  const declared = family.declaredWith?.['x-queue-type'];
  return (declared ?? vhostDefaultType(names.vhost, target)) === 'quorum';
}
