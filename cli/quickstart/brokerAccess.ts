/** Logging in to the broker of the quickstart, and what it asks there that nobody else does. */
import { isBrokerError } from '../../broker/errors';
import { whoAmI, type Overview } from '../../broker/overview';
import { openBroker, type Broker } from '../../broker/transport';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Opens the management API as the first of the users that gets in; fails as the last of them did. */
export async function openAsFirst(endpoint: string, logins: readonly Login[]): Promise<Broker> {
  let failure: unknown = new Error('no login to try');
  for (const login of logins) {
    const broker = openBroker({ endpoint, ...login });
    try {
      await whoAmI(broker);
      return broker;
    } catch (error) {
      await broker.close();
      failure = error;
      if (!isBrokerError(error, 'unauthorized')) throw error;
    }
  }
  throw failure;
}

/** RabbitMQ's series, which decides what the topology compiles to: `4.3` of `4.3.6`. */
export function seriesOf(overview: Overview): string {
  return overview.version.split('.').slice(0, 2).join('.');
}

/** The port for AMQP clients without TLS, else the one with; undefined where the broker listens on neither. */
export async function readAmqpPort(broker: Broker): Promise<number | undefined> {
  const { json } = await broker.request({ method: 'GET', path: 'overview', action: 'read the listeners' });
  const { listeners } = json as { listeners: { protocol: string; port: number }[] };
  const byProtocol = (protocol: string): number | undefined =>
    listeners.find((listener) => listener.protocol === protocol)?.port;
  return byProtocol('amqp') ?? byProtocol('amqp/ssl');
}
