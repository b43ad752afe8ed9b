/** The config file of the scaler in its container. */
import { INTERVAL_MS, type BrokerAccess, type Fleet } from '../scaler/config';

export const SOCKET = '/var/run/docker.sock';
/** Beside the config file. */
export const CA_FILE = 'ca.crt';

export interface ScalerConfigArgs {
  /** Of the management API, as containers reach it: of each node, or one for all. */
  readonly endpoints: readonly [string, ...string[]];
  /** PEM text, where an authority is to be trusted: it is in CA_FILE. */
  readonly ca?: string;
  readonly fleets: readonly Fleet[];
}

export function scalerConfig({ endpoints, ca, fleets }: ScalerConfigArgs): string {
  const [endpoint, ...others] = endpoints;
  const broker: BrokerAccess = {
    endpoint,
    ...(others.length === 0 ? {} : { endpoints }),
    usernameFile: 'username',
    passwordFile: 'password',
    ...(ca === undefined ? {} : { cacertFile: CA_FILE }),
  };
  const config = { broker, docker: { host: `unix://${SOCKET}` }, intervalMs: INTERVAL_MS, fleets };
  return JSON.stringify(config, undefined, 2);
}
