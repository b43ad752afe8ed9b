/** The config file of the scaler in its container. */
import { INTERVAL_MS, type BrokerAccess, type Fleet } from '../scaler/config';

export const SOCKET = '/var/run/docker.sock';
/** Beside the config file. */
export const CA_FILE = 'ca.crt';
export const CLIENT_FILES = { certificate: 'client.crt', key: 'client.key' } as const;

export interface ScalerConfigArgs {
  /** Of the management API, as containers reach it: of each node, or one for all. */
  readonly endpoints: readonly [string, ...string[]];
  /** PEM text, where an authority is to be trusted: it is in CA_FILE. */
  readonly ca?: string;
  /** Where a certificate is to be shown: it is in CLIENT_FILES, with its key. */
  readonly client?: object;
  readonly fleets: readonly Fleet[];
}

export function scalerConfig({ endpoints, ca, client, fleets }: ScalerConfigArgs): string {
  const [endpoint, ...others] = endpoints;
  const broker: BrokerAccess = {
    endpoint,
    ...(others.length === 0 ? {} : { endpoints }),
    usernameFile: 'username',
    passwordFile: 'password',
    ...(ca === undefined ? {} : { cacertFile: CA_FILE }),
    ...(client === undefined
      ? {}
      : { clientcertFile: CLIENT_FILES.certificate, clientkeyFile: CLIENT_FILES.key }),
  };
  const config = { broker, docker: { host: `unix://${SOCKET}` }, intervalMs: INTERVAL_MS, fleets };
  return JSON.stringify(config, undefined, 2);
}
