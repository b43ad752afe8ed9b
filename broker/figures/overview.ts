/** What a broker says about itself and about who we are. */
import type { Broker } from '../api/transport';
import { isBrokerError, notRabbitMQError } from '../api/errors';
import { count, field, isRecord, records, text, textList } from '../api/json';

export interface Overview {
  readonly version: string;
  readonly clusterName: string;
}

export async function readOverview(broker: Broker): Promise<Overview> {
  const action = 'read the overview';
  const { json } = await broker.request({ method: 'GET', path: 'overview', action });
  const version = field(json, 'rabbitmq_version');
  if (typeof version !== 'string') {
    const where = { action, endpoint: broker.endpoint, username: broker.username };
    throw notRabbitMQError(where, 'it reports no RabbitMQ version');
  }
  const clusterName = field(json, 'cluster_name');
  return { version, clusterName: typeof clusterName === 'string' ? clusterName : '' };
}

/** Ports of the node that answers, for AMQP clients without TLS and with. */
export interface AmqpPorts {
  readonly amqp?: number;
  readonly amqps?: number;
}

export async function readAmqpPorts(broker: Broker): Promise<AmqpPorts> {
  const { json } = await broker.request({ method: 'GET', path: 'overview', action: 'read the listeners' });
  const listeners = records(field(json, 'listeners'));
  const portOf = (protocol: string): number | undefined => {
    const found = listeners.find((listener) => text(listener, 'protocol') === protocol);
    return found === undefined ? undefined : count(found, 'port');
  };
  const [amqp, amqps] = [portOf('amqp'), portOf('amqp/ssl')];
  return { ...(amqp === undefined ? {} : { amqp }), ...(amqps === undefined ? {} : { amqps }) };
}

/** True from `major.minor` on; a version that can't be read counts as new. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (match === null) return true;
  const actualMajor = Number(match[1]);
  return actualMajor > major || (actualMajor === major && Number(match[2]) >= minor);
}

export interface WhoAmI {
  readonly name: string;
  readonly tags: readonly string[];
}

/** Logs in and says as whom. Throws `unauthorized` for wrong credentials, `forbidden` for a user without any tag. */
export async function whoAmI(broker: Broker): Promise<WhoAmI> {
  const action = 'log in';
  const { json } = await broker
    .request({ method: 'GET', path: 'whoami', action })
    .catch((error: unknown): never => {
      if (!isBrokerError(error, 'notFound')) throw error;
      const where = { action, endpoint: broker.endpoint, username: broker.username };
      throw notRabbitMQError(where, 'it knows no login, HTTP 404');
    });
  const name = field(json, 'name');
  if (!isRecord(json) || typeof name !== 'string') {
    const where = { action, endpoint: broker.endpoint, username: broker.username };
    throw notRabbitMQError(where, 'it does not say who is logged in');
  }
  return { name, tags: textList(json.tags) };
}

/** Whether these credentials may log in to the management API; other failures are thrown. */
export async function canLogIn(broker: Broker): Promise<boolean> {
  try {
    await whoAmI(broker);
    return true;
  } catch (error) {
    if (isBrokerError(error, 'unauthorized', 'forbidden')) return false;
    throw error;
  }
}
