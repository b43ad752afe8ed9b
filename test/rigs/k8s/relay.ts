/** A port of this machine's 127.0.0.1 for a server in a network namespace. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as net from 'node:net';
import * as path from 'node:path';

export interface Relay {
  readonly port: number;
  stop(): void;
}

/** @param networkFile of the namespace */
export async function startRelay(networkFile: string, address: string, port: number): Promise<Relay> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = (server.address() as net.AddressInfo).port;
  // Its channel to us closes when we end, however that is, and it ends then.
  const child: ChildProcess = spawn(
    'nsenter',
    [`--net=${networkFile}`, process.execPath, path.join(__dirname, 'relay.cjs'), address, String(port)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true },
  );
  child.send('listen', server);
  await once(child, 'message');
  server.close();
  child.unref();
  return { port: listening, stop: () => child.kill() };
}
