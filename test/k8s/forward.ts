/** A port of this machine for a port of a pod, as `kubectl port-forward` has it. */
import { once } from 'node:events';
import * as net from 'node:net';
import type { Access } from '../rigs/k8s/access';

export interface Forward {
  readonly port: number;
  close(): void;
}

export async function forward(
  { config }: Access,
  namespace: string,
  pod: string,
  podPort: number,
): Promise<Forward> {
  const { PortForward } = await import('@kubernetes/client-node');
  const forwarder = new PortForward(config);
  const server = net.createServer((client) => {
    client.on('error', () => undefined);
    forwarder.portForward(namespace, pod, [podPort], client, null, client).catch(() => {
      client.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
}
