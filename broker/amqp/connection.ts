/** AMQP, beside the management API: for whatever has to do with messages themselves. */
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
        ...(address.scheme === 'amqps' ? { servername: address.host, ...settings.tls } : {}),
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
