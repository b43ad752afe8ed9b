/** Into one pod: a connection to a port of it, and commands in it, as `kubectl port-forward` and `kubectl exec` have them. */
import * as stream from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node' with { 'resolution-mode': 'import' };
import type { ClusterAddress } from './kubeconfig';

export interface Pod {
  readonly namespace: string;
  readonly name: string;
}

interface Channel {
  readonly close: (this: unknown) => void;
  readonly on: (this: unknown, event: 'close', listener: () => void) => void;
}

interface Status {
  readonly status?: string;
}

export interface PodAccess {
  /** Both end together. */
  connect(pod: Pod, port: number, socket: stream.Duplex): Promise<void>;
  /** Whether the command succeeded; false also where nobody may run one. */
  succeeds(pod: Pod, container: string, command: readonly string[]): Promise<boolean>;
}

/** Opens nothing yet. */
export function openPodAccess(locate: () => ClusterAddress): PodAccess {
  let config: Promise<KubeConfig> | undefined;
  // A kubeconfig may name a program that logs in: it is asked once, not for each connection.
  const login = (): Promise<KubeConfig> => (config ??= loginOf(locate().kubeconfig));
  return {
    connect: async ({ namespace, name }, port, socket) => {
      const { PortForward } = await import('@kubernetes/client-node');
      const forwarder = new PortForward(await login(), true);
      // Without retries it is a WebSocket, whose types are a package that nothing else needs.
      const channel: unknown = await forwarder.portForward(namespace, name, [port], socket, null, socket);
      const { close, on } = channel as Channel;
      socket.on('close', () => {
        close.call(channel);
      });
      on.call(channel, 'close', () => socket.destroy());
    },
    succeeds: async ({ namespace, name }, container, command) => {
      const { Exec } = await import('@kubernetes/client-node');
      const exec = new Exec(await login());
      const nowhere = new stream.Writable({
        write: (_chunk, _encoding, done) => {
          done();
        },
      });
      return new Promise((resolve) => {
        const hear = ({ status }: Status): void => {
          resolve(status === 'Success');
        };
        exec
          .exec(namespace, name, container, [...command], nowhere, nowhere, null, false, hear)
          .then((channel: unknown) => {
            (channel as Channel).on.call(channel, 'close', () => {
              resolve(false);
            });
          })
          .catch(() => {
            resolve(false);
          });
      });
    },
  };
}

async function loginOf(kubeconfig: string | undefined): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node');
  const config = new Config();
  if (kubeconfig === undefined) config.loadFromCluster();
  else config.loadFromString(kubeconfig);
  return config;
}
