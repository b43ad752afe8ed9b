/** The broker's address for AMQP, as workers have it. */

export interface BrokerAddress {
  readonly scheme: 'amqp' | 'amqps';
  readonly host: string;
  readonly port: number;
}

/** The whole address for a client, percent-encoded. */
export function amqpUrl(
  { scheme, host, port }: BrokerAddress,
  login: { readonly username: string; readonly password: string; readonly vhost: string },
): string {
  const [username, password, vhost] = [login.username, login.password, login.vhost].map(encodeURIComponent);
  return `${scheme}://${username ?? ''}:${password ?? ''}@${host}:${port}/${vhost ?? ''}`;
}

/** @throws Error in one sentence */
export function parseAmqp(text: string): BrokerAddress {
  const match = /^(amqps?):\/\/(\[[^\]]+\]|[^:/@]+)(?::(\d+))?\/?$/.exec(text);
  const [, scheme, host, port] = match ?? [];
  if ((scheme !== 'amqp' && scheme !== 'amqps') || host === undefined) {
    throw new Error(
      `amqp "${text}" is no address of a broker: it is amqp://HOST:PORT or amqps://HOST:PORT, without a user.`,
    );
  }
  if (/^(localhost|127\.|\[::1\])/.test(host)) {
    throw new Error(
      `amqp "${text}" is this machine's own loopback address, where a container finds nobody. Put the workers into the broker's network (docker.network), or give an address that containers reach, e.g. amqp://host.docker.internal:5672.`,
    );
  }
  return { scheme, host, port: Number(port ?? (scheme === 'amqps' ? 5671 : 5672)) };
}
