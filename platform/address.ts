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

/** Whether a host, as in a URL or without its brackets, is this machine itself: a container or a pod finds nobody there. */
export function isLoopback(host: string): boolean {
  return /^(localhost(\.localdomain)?|127(\.\d+){1,3}|\[::1\]|::1)$/i.test(host);
}

/**
 * @param wayOut for who gave this machine's own loopback address, as the end of a sentence after "where"
 * @throws Error in one sentence
 */
export function parseAmqp(text: string, wayOut: string): BrokerAddress {
  const match = /^(amqps?):\/\/(\[[^\]]+\]|[^:/@]+)(?::(\d+))?\/?$/.exec(text);
  const [, scheme, host, port] = match ?? [];
  if ((scheme !== 'amqp' && scheme !== 'amqps') || host === undefined) {
    throw new Error(
      `amqp "${text}" is no address of a broker: it is amqp://HOST:PORT or amqps://HOST:PORT, without a user.`,
    );
  }
  if (isLoopback(host)) {
    throw new Error(`amqp "${text}" is this machine's own loopback address, where ${wayOut}`);
  }
  return { scheme, host, port: Number(port ?? (scheme === 'amqps' ? 5671 : 5672)) };
}
