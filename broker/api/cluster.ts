/** The nodes of one broker: the kept-alive connections to each, and which of them is talked to. */
import type { Dispatcher, buildConnector } from 'undici';
import type { BrokerSettings, Detour, Endpoint } from './endpoint';
import { endpointsOf, parseProxy, readTlsOptions } from './endpoint';

const CONNECT_TIMEOUT_MS = 5_000;
const CONNECTIONS_MAX = 16;
const KEEP_ALIVE_MS = 30_000;

export interface ClusterNode {
  readonly endpoint: Endpoint;
  dispatcher(): Promise<Dispatcher>;
}

export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  /** The node to ask next, of those that aren't among `passed`: the one that worked last, then in turn. */
  next(passed: ReadonlySet<ClusterNode>): ClusterNode | undefined;
  /** The node failed: whoever asks from now on begins with the next one. */
  leave(node: ClusterNode): void;
  /** Runs at most `connectionsMax` tasks at once; the others wait in order. */
  inTurn<T>(task: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Prepares the connections, which several logins may share. Opens none; throws a SettingsError for bad settings. */
export function openCluster(settings: BrokerSettings): Cluster {
  const connectionsMax = settings.connectionsMax ?? CONNECTIONS_MAX;
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...readTlsOptions(settings) };
  const proxy = settings.proxy === undefined ? undefined : parseProxy(settings.proxy);
  const pools: Promise<Dispatcher>[] = [];
  const nodes = endpointsOf(settings).map((endpoint): ClusterNode => {
    let pool: Promise<Dispatcher> | undefined;
    const open = (): Promise<Dispatcher> => {
      // Loaded with the first request: a preview sends none, and the module takes longer to load than the rest of us.
      const opened = import('undici').then((undici) => {
        const options = { connections: connectionsMax, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS };
        if (proxy === undefined) {
          const direct = undici.buildConnector(connect);
          const { detour } = settings;
          const connector = keepingFirstError(detour === undefined ? direct : by(detour, direct));
          return new undici.Pool(endpoint.origin, { ...options, connect: connector });
        }
        const ways = { requestTls: connect, proxyTls: { timeout: CONNECT_TIMEOUT_MS } };
        return new undici.ProxyAgent({ uri: proxy.href, ...options, ...ways });
      });
      pools.push(opened);
      return opened;
    };
    return { endpoint, dispatcher: () => (pool ??= open()) };
  });
  let current = 0;
  return {
    nodes,
    next: (passed) => [...nodes.slice(current), ...nodes.slice(0, current)].find((node) => !passed.has(node)),
    leave: (node) => {
      if (nodes[current] === node) current = (current + 1) % nodes.length;
    },
    inTurn: limiter(connectionsMax),
    close: async () => {
      for (const pool of pools) await (await pool).destroy();
    },
  };
}

function by(detour: Detour, connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    const { hostname, protocol } = options;
    const port = options.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(options.port);
    detour({ host: hostname, port }).then(
      (way) => {
        connector({ ...options, hostname: way.host, port: String(way.port), servername: hostname }, callback);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)), null);
      },
    );
  };
}

/**
 * With TLS 1.3 a server says only after the handshake what is wrong with the client's certificate, and closes: without
 * this, the closing is all that is reported.
 */
function keepingFirstError(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    connector(options, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      socket.once('error', (first: Error) => socket.destroy(first));
      callback(null, socket);
    });
  };
}

function limiter(max: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
