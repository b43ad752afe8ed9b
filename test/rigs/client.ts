/** A client on a real broker, who may do everything in one vhost. */
import { once } from 'node:events';
import { connect } from 'amqplib';
import type { TestBroker } from './brokers';
import { callManagement } from './management';

/** Returns what waits for the end of the connection, which somebody else brings about. */
export async function connectAs(
  rig: TestBroker,
  login: { readonly username: string; readonly password: string },
  vhost: string,
): Promise<() => Promise<unknown>> {
  const everything = { configure: '.*', write: '.*', read: '.*' };
  const target = `permissions/${encodeURIComponent(vhost)}/${encodeURIComponent(login.username)}`;
  await callManagement(rig, 'PUT', target, everything);
  const address = { protocol: 'amqp', hostname: '127.0.0.1', port: rig.amqpPort };
  const client = await connect({ ...address, ...login, vhost });
  client.on('error', () => undefined);
  const end = once(client, 'close');
  return () => end;
}
