/** Where a broker's management API is and how to talk to it. Plain values; nothing here opens a connection. */
import { readFileSync } from 'node:fs';

export interface TlsSettings {
  readonly cacertFile?: string;
  /** PEM text, in place of a file. */
  readonly cacert?: string;
  readonly clientcertFile?: string;
  readonly clientkeyFile?: string;
  /** A name that the server's certificate has to be for, in place of the endpoint's host. */
  readonly serverName?: string;
  /** Accept any server certificate. */
  readonly insecure?: boolean;
}

export interface BrokerSettings extends TlsSettings {
  /** Base URL of the management API; a path prefix is kept. Names the broker, whichever node answers. */
  readonly endpoint: string;
  /** Base URLs of all nodes of the cluster, in the order in which they are tried; `endpoint` alone unless given. */
  readonly endpoints?: readonly string[];
  readonly username: string;
  readonly password: string;
  /** HTTP proxy on the way to the broker, e.g. `http://proxy:3128`; it may hold a user name and a password. */
  readonly proxy?: string;
  /**
   * Milliseconds for one request to one node, from sending it to the last byte of the answer. 15,000 unless given.
   * What is known to take longer has a multiple of it: see `BrokerRequest.timeoutMs`.
   */
  readonly requestTimeoutMs?: number;
  /** Milliseconds for which a refused connection or a 503 is tried again. 5,000 unless given. */
  readonly retryBudgetMs?: number;
  /** Connections kept open at most. 16 unless given. */
  readonly connectionsMax?: number;
  /** Another way to a node than by its own address: asked for each connection. Certificates are for the node's name. */
  readonly detour?: Detour;
}

export type Detour = (node: Address) => Promise<Address>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Endpoint {
  readonly origin: string;
  /** Path before `/api`: empty, or with a leading and without a trailing slash. */
  readonly pathPrefix: string;
  /** The URL as it may be shown: without credentials, query and trailing slash. */
  readonly display: string;
}

/** Thrown for settings that can't work, before any connection: the message names the setting. */
export class SettingsError extends Error {
  constructor(
    readonly setting: string,
    message: string,
  ) {
    super(message);
    this.name = 'SettingsError';
  }
}

/** The nodes to talk to, each once, in the order in which they are tried. Throws as `parseEndpoint` does. */
export function endpointsOf(
  settings: Pick<BrokerSettings, 'endpoint' | 'endpoints'>,
): readonly [Endpoint, ...Endpoint[]] {
  const [first, ...others] = settings.endpoints ?? [];
  if (first === undefined) return [parseEndpoint(settings.endpoint)];
  const byDisplay = new Map(others.map(parseEndpoint).map((endpoint) => [endpoint.display, endpoint]));
  const start = parseEndpoint(first);
  byDisplay.delete(start.display);
  return [start, ...byDisplay.values()];
}

/** The proxy's URL; throws a SettingsError that never repeats credentials in it. */
export function parseProxy(proxy: string): URL {
  const example = 'Give the URL of an HTTP proxy, e.g. http://proxy.example.com:3128.';
  let url: URL;
  try {
    url = new URL(proxy.trim());
  } catch {
    throw new SettingsError('proxy', `The proxy is not a URL. ${example}`);
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new SettingsError('proxy', `The proxy's scheme is "${url.protocol.slice(0, -1)}". ${example}`);
}

/** Takes an endpoint apart; throws a SettingsError that never repeats credentials in it. */
export function parseEndpoint(endpoint: string): Endpoint {
  const example = 'Give the base URL of the management API, e.g. http://127.0.0.1:15672.';
  if (endpoint.trim() === '') throw new SettingsError('endpoint', `The endpoint is empty. ${example}`);
  // A password may hold what ends a URL's host: then it is read as a port, a path or a fragment.
  if (endpoint.includes('@')) {
    throw new SettingsError(
      'endpoint',
      'The endpoint holds a user name or password. Give them as `username` and `password`: an endpoint is shown in messages.',
    );
  }
  let url: URL;
  try {
    url = new URL(endpoint.trim());
  } catch {
    throw new SettingsError('endpoint', `The endpoint is not a URL. ${example}`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new SettingsError(
      'endpoint',
      `The endpoint's scheme is "${url.protocol.slice(0, -1)}"; the management API speaks http or https. ${example}`,
    );
  }
  // People paste the address of the API itself; both mean the same.
  const pathPrefix = url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
  return { origin: url.origin, pathPrefix, display: `${url.origin}${pathPrefix}` };
}

export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Reads the certificate files; throws a SettingsError that names the setting and the file. */
export function readTlsOptions(settings: TlsSettings): TlsOptions {
  const { clientcertFile, clientkeyFile } = settings;
  if ((clientcertFile === undefined) !== (clientkeyFile === undefined)) {
    const missing = clientcertFile === undefined ? 'clientcertFile' : 'clientkeyFile';
    throw new SettingsError(missing, `${missing} is missing: a client certificate and its key go together.`);
  }
  const ca = settings.cacert ?? readPem('cacertFile', settings.cacertFile);
  const cert = readPem('clientcertFile', clientcertFile);
  const key = readPem('clientkeyFile', clientkeyFile);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(settings.serverName === undefined ? {} : { servername: settings.serverName }),
    ...(settings.insecure === true ? { rejectUnauthorized: false } : {}),
  };
}

function readPem(setting: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new SettingsError(setting, `${setting}: the file ${file} can't be read (${code}).`);
  }
  if (!text.includes('-----BEGIN ')) {
    throw new SettingsError(setting, `${setting}: the file ${file} holds no PEM block ("-----BEGIN …").`);
  }
  return text;
}
