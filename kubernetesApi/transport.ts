/** Requests to a cluster's API server, with the login of a kubeconfig: each with a limit, all of them cancelled at once. */
import { setMaxListeners } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node' with { 'resolution-mode': 'import' };
import {
  cancelledError,
  isClusterError,
  loginError,
  networkError,
  notKubernetesError,
  statusError,
  timeoutError,
  type FailedAction,
} from './errors';
import { KubeconfigError, type ClusterAddress } from './kubeconfig';

const REQUEST_TIMEOUT_MS = 30_000;
/** An API server that has too much to do says when to come back. */
const BUSY_TRIES = 4;
const BUSY_PAUSE_MS = 1_000;

type QueryValue = string | number | boolean | undefined;

export interface ClusterRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Made by `path`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: object;
  /** In place of JSON's. */
  readonly contentType?: string;
  /** What this is to do, for messages: `create the Secret "n"`. */
  readonly action: string;
  /** In place of 30,000 ms. */
  readonly timeoutMs?: number;
  /** Hears what the API server has to say beside its answer. */
  readonly onWarning?: (text: string) => void;
}

export interface Cluster {
  /** `https://HOST:PORT`. */
  readonly server: string;
  /** Of objects that don't name any. */
  readonly namespace: string;
  /** The answer's JSON. Throws a ClusterError for every failure. */
  ask<T>(request: ClusterRequest): Promise<T>;
  /** The answer as it is: a log. */
  read(request: ClusterRequest): Promise<string>;
  /** Waits; ends early, with a `cancelled` error, when everything is cancelled. */
  pause(ms: number, action: string): Promise<void>;
  cancel(): void;
}

/** Joins path segments, each percent-encoded as a whole. */
export function path(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

type Login = (where: FailedAction) => Promise<https.RequestOptions>;

/**
 * Opens nothing yet.
 * @param locate may throw a KubeconfigError, which is what every request then fails with
 */
export function openCluster(locate: () => ClusterAddress): Cluster {
  const found = attempt(locate);
  const server = 'address' in found ? found.address.server : '(unknown)';
  const cancellation = new AbortController();
  // As many wait at the same time as there are resources: that is no leak.
  setMaxListeners(0, cancellation.signal);
  const login = 'address' in found ? loginOf(found.address) : () => Promise.reject(found.error);
  const once = async (request: ClusterRequest): Promise<Answer> => {
    const where = { action: request.action, server };
    const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([cancellation.signal, timeout]);
    try {
      signal.throwIfAborted();
      return await exchange(server, request, await login(where), signal);
    } catch (error) {
      if (cancellation.signal.aborted) throw cancelledError(where);
      if (timeout.aborted) throw timeoutError(where, timeoutMs);
      throw asClusterError(where, error);
    }
  };
  const send = async (request: ClusterRequest): Promise<Answer> => {
    for (let tries = 1; ; tries += 1) {
      const answer = await once(request);
      if (answer.status < 400) {
        if (request.onWarning !== undefined) warningsIn(answer.headers.warning).forEach(request.onWarning);
        return answer;
      }
      if (answer.status !== 429 || tries === BUSY_TRIES) {
        throw statusError({ action: request.action, server }, answer.status, answer.text);
      }
      await pause(pauseMs(answer.headers['retry-after']), cancellation.signal, request.action);
    }
  };
  return {
    server,
    namespace: 'address' in found ? found.address.namespace : 'default',
    ask: async <T>(request: ClusterRequest) => {
      const { text } = await send(request);
      try {
        return JSON.parse(text) as T;
      } catch {
        throw notKubernetesError({ action: request.action, server }, 'its answer is not JSON');
      }
    },
    read: async (request) => (await send(request)).text,
    pause: (ms, action) => pause(ms, cancellation.signal, action),
    cancel: () => {
      cancellation.abort();
    },
  };
}

function attempt(
  locate: () => ClusterAddress,
): { readonly address: ClusterAddress } | { readonly error: KubeconfigError } {
  try {
    return { address: locate() };
  } catch (error) {
    if (error instanceof KubeconfigError) return { error };
    throw error;
  }
}

/** The certificates rarely change and the token often does: connections are kept as long as the former stay. */
function loginOf({ server, kubeconfig }: ClusterAddress): Login {
  let config: Promise<KubeConfig> | undefined;
  let kept: { readonly key: string; readonly agent: https.Agent } | undefined;
  return async () => {
    // Its models make it large: most commands send no request at all.
    config ??= import('@kubernetes/client-node').then(({ KubeConfig }) => {
      const made = new KubeConfig();
      if (kubeconfig === undefined) made.loadFromCluster();
      else made.loadFromString(kubeconfig);
      return made;
    });
    const options: https.RequestOptions = {};
    if (server.startsWith('http:')) return options;
    const loaded = await config;
    await loaded.applyToHTTPSOptions(options);
    if (loaded.getCurrentCluster()?.proxyUrl !== undefined) return options;
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const tls = { ca, cert, key, servername, rejectUnauthorized };
    const identity = Object.values(tls).map(String).join();
    if (kept?.key !== identity) {
      const stated = Object.entries(tls).filter(([, value]) => value !== undefined);
      kept = { key: identity, agent: new https.Agent({ ...Object.fromEntries(stated), keepAlive: true }) };
    }
    return { ...options, agent: kept.agent };
  };
}

function exchange(
  server: string,
  request: ClusterRequest,
  login: https.RequestOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const headers: http.OutgoingHttpHeaders = {
    ...(login.headers as http.OutgoingHttpHeaders | undefined),
    accept: 'application/json',
    'user-agent': 'warren',
    ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
  };
  const url = new URL(`${server}${request.path}${queryOf(request)}`);
  const { request: open } = url.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    const sent = open(url, { ...login, method: request.method, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function queryOf({ query = {} }: ClusterRequest): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, String(value)])).toString()}`;
}

/** The header is a list of `299 - "text"`. */
function warningsIn(header: string | string[] | undefined): readonly string[] {
  const text = Array.isArray(header) ? header.join(', ') : (header ?? '');
  return [...text.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, said = '']) =>
    said.replace(/\\(.)/g, '$1'),
  );
}

function pauseMs(header: string | undefined): number {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 10) * 1000 : BUSY_PAUSE_MS;
}

function pause(ms: number, signal: AbortSignal, action: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(cancelledError({ action }));
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

function asClusterError(where: FailedAction, error: unknown): Error {
  if (isClusterError(error)) return error;
  if (error instanceof KubeconfigError) return loginError(where, error.message);
  const { code, message, syscall } = error as { code?: unknown; message?: unknown; syscall?: unknown };
  // A kubeconfig may name a program that logs in.
  if (typeof syscall === 'string' && syscall.startsWith('spawn')) {
    return loginError(
      where,
      `the program that the kubeconfig logs in with can't be started (${String(message)})`,
    );
  }
  if (typeof code === 'string') return networkError(where, code, String(message));
  return loginError(where, `the login of the kubeconfig failed: ${String(message)}`);
}
