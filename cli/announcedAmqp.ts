/** Where AMQP is by the broker's own word: on the management API's host, and as well guarded as that is. */
import { displayOf, withoutBrackets, type AmqpAddress } from '../broker/amqp/address';
import type { AmqpPorts } from '../broker/figures/overview';
import { isLoopback } from '../platform/address';
import { UserError } from './userError';

/**
 * @param endpoint of the management API
 * @throws UserError where it has TLS, and a password would go to AMQP without
 */
export function announcedAmqp(endpoint: string, { amqp, amqps }: AmqpPorts): AmqpAddress {
  const { protocol, hostname } = new URL(endpoint);
  const host = withoutBrackets(hostname);
  const hasTls = protocol === 'https:';
  if (amqps !== undefined && (hasTls || amqp === undefined)) return { scheme: 'amqps', host, port: amqps };
  if (amqp === undefined)
    throw new UserError(`${endpoint} names no port for AMQP. Say where it is: --amqp amqp://HOST:PORT`);
  const plain = { scheme: 'amqp', host, port: amqp } as const;
  // This machine's own is also where a port-forward begins.
  if (!hasTls || isLoopback(hostname)) return plain;
  throw new UserError(
    `${endpoint} has TLS, and the broker names a port for AMQP without TLS only (${amqp}): passwords and messages would cross the network in clear text. Give it a port with TLS (broker.tls in the topology of a stack's own cluster), and say it where it is elsewhere: --amqp amqps://HOST:PORT. Where clear text is meant: --amqp ${displayOf(plain)}`,
  );
}
