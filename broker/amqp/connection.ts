/** AMQP, beside the management API: for whatever has to do with messages themselves. */
import * as net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { AmqpSettings } from './address';
import { amqpError } from './errors';

export interface AmqpPurpose {
  readonly vhost: string;
  /** What the broker's lists call the connection. */
  readonly name: string;
}

const TIMEOUT_MS = 10_000;
const HEARTBEAT_S = 20;

/** @throws AmqpError that says what to do */
export async function openAmqp(settings: AmqpSettings, purpose: AmqpPurpose): Promise<ChannelModel> {
  const { address, username, password, detour } = settings;
  try {
    const way = detour === undefined ? address : await detour(address);
    const { connect } = await import('amqplib');
    const connection = await connect(
      {
        protocol: address.scheme,
        hostname: way.host,
        port: way.port,
        ...{ username, password },
        vhost: purpose.vhost,
        heartbeat: HEARTBEAT_S,
      },
      {
        // An acknowledgement and the next request would wait 40 ms for each other.
        noDelay: true,
        timeout: TIMEOUT_MS,
        ...(address.scheme === 'amqps' ? { ...serverName(address.host), ...settings.tls } : {}),
        clientProperties: { connection_name: purpose.name },
      },
    );
    // Also told by whatever is broken by it.
    connection.on('error', () => undefined);
    return connection;
  } catch (error) {
    throw amqpError(error, settings, purpose.vhost);
  }
}

/** In order where the broker listens; in an alarm it reads nothing of a publisher's, not even a goodbye. */
export async function closeAmqp(connection: ChannelModel): Promise<void> {
  const closed = connection.close().catch(() => undefined);
  await Promise.race([closed, delay(GOODBYE_MS, undefined, { ref: false })]);
  // It would stay half open, and this process with it.
  const { stream } = connection.connection as unknown as { readonly stream: net.Socket };
  stream.destroy();
}

const GOODBYE_MS = 3_000;

/** TLS has no addresses in its server names; certificates do. */
function serverName(host: string): { readonly servername?: string } {
  return net.isIP(host) === 0 ? { servername: host } : {};
}
