/** Where a broker speaks AMQP, and as whom. */
import type { Detour, TlsOptions } from '../api/endpoint';

export interface AmqpAddress {
  readonly scheme: 'amqp' | 'amqps';
  readonly host: string;
  readonly port: number;
}

export interface AmqpSettings {
  readonly address: AmqpAddress;
  readonly tls: TlsOptions;
  readonly username: string;
  readonly password: string;
  /** Another way there than by the address. Certificates are for the address. */
  readonly detour?: Detour;
}

export function displayOf({ scheme, host, port }: AmqpAddress): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** @throws Error in one sentence */
export function parseAmqpAddress(text: string): AmqpAddress {
  const url = /^amqps?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '' || url.username !== '' || url.password !== '') {
    throw new Error(
      'an AMQP address is amqp://HOST:PORT or amqps://HOST:PORT, without a user: a password on a command line is seen by everybody',
    );
  }
  const scheme = url.protocol === 'amqps:' ? 'amqps' : 'amqp';
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
  return { scheme, host: withoutBrackets(url.hostname), port };
}

const DEFAULT_PORTS = { amqp: 5672, amqps: 5671 } as const;

/** Of an IPv6 address, to which they belong in a URL only. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
