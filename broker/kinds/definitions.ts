/** A broker's or a vhost's whole definitions, in one call. */
import type { JsonValue } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { isBrokerError } from '../api/errors';
import { LIST_TIMEOUT_MS, path } from '../api/transport';
import { hidingPasswords } from './uris';

/** RabbitMQ's definitions as they come; of one vhost, or of the whole broker (users included). */
export async function exportDefinitions(broker: Broker, vhost?: string): Promise<unknown> {
  const where = vhost === undefined ? 'the broker' : `vhost "${vhost}"`;
  const { json } = await broker.request({
    method: 'GET',
    path: vhost === undefined ? 'definitions' : `definitions/${path(vhost)}`,
    action: `read the definitions of ${where}`,
    timeoutMs: LIST_TIMEOUT_MS,
  });
  return json;
}

/** Large ones take long: the broker declares 500 queues in a second, quorum queues 30 in a second. */
const IMPORT_TIMEOUT_MS = 180_000;

/**
 * Adds definitions. The broker keeps what went well before a fault, and ignores conflicting queues silently:
 * read them back where that matters. No error shows a password that stands in a URI.
 */
export async function importDefinitions(broker: Broker, definitions: unknown, vhost?: string): Promise<void> {
  const where = vhost === undefined ? 'the broker' : `vhost "${vhost}"`;
  try {
    await broker.request({
      method: 'POST',
      path: vhost === undefined ? 'definitions' : `definitions/${path(vhost)}`,
      body: definitions,
      action: `import definitions into ${where}`,
      repeatable: true,
      timeoutMs: IMPORT_TIMEOUT_MS,
    });
  } catch (error) {
    throw isBrokerError(error) ? hidingPasswords(error, definitions as JsonValue) : error;
  }
}
