/** Requests to a Docker Engine: over its socket or TCP, each with a limit, all of them cancelled at once. */
import { setMaxListeners } from 'node:events';
import type { EngineAddress } from './address';
import { Readable } from 'node:stream';
import type { Dispatcher, Pool } from 'undici';
import {
  cancelledError,
  isEngineError,
  networkError,
  notDockerError,
  statusError,
  timeoutError,
  type FailedAction,
} from './errors';

/** For what an engine does at once. */
const REQUEST_TIMEOUT_MS = 60_000;
/** What this speaks: of Docker 20.10, and the newest whose answers are known. */
const OLDEST_API = '1.41';
const NEWEST_API = '1.47';

/** A list is repeated; what is undefined or empty is left out. */
type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** After the version; made by `path`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** A table becomes JSON, a buffer or a stream goes as it is: an archive. */
  readonly body?: object | Buffer | Readable;
  readonly headers?: Readonly<Record<string, string>>;
  /** What this is to do, for messages: `create the container "c"`. */
  readonly action: string;
  /** In place of 60,000 ms. */
  readonly timeoutMs?: number;
}

export interface Engine {
  /** As in DOCKER_HOST. */
  readonly host: string;
  /** The answer's JSON; undefined where it has none. Throws an EngineError for every failure. */
  ask<T>(request: EngineRequest): Promise<T>;
  /** The answer as it is: a log. */
  read(request: EngineRequest): Promise<Buffer>;
  /** Calls `onMessage` with each of the JSON messages of an answer that comes bit by bit. */
  follow(request: EngineRequest, onMessage: (message: EngineMessage) => void): Promise<void>;
  /** Waits; ends early, with a `cancelled` error, when everything is cancelled. */
  pause(ms: number, action: string): Promise<void>;
  /** The version of the API that both sides know. */
  apiVersion(): Promise<string>;
  cancel(): void;
}

/** Of a build or a pull. */
export interface EngineMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string };
}

/** Joins path segments, each percent-encoded as a whole. */
export function path(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

/** Opens nothing yet. */
export function openEngine(address: EngineAddress): Engine {
  const { host } = address;
  const cancellation = new AbortController();
  // As many wait at the same time as there are resources: that is no leak.
  setMaxListeners(0, cancellation.signal);
  let pool: Promise<Pool> | undefined;
  let version: Promise<string> | undefined;
  // Loaded with the first request: most commands send none.
  const dispatcher = (): Promise<Pool> =>
    (pool ??= import('undici').then((undici) => new undici.Pool(address.origin, address.options)));
  const send = async <T>(
    request: EngineRequest,
    prefix: string,
    use: (reply: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> => {
    const where = { action: request.action, host };
    const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([cancellation.signal, timeout]);
    try {
      signal.throwIfAborted();
      const connections = await dispatcher();
      const reply = await connections.request({
        ...encoded(request),
        method: request.method,
        path: `${prefix}${request.path}${queryOf(request)}`,
        signal,
        // The signal is the only limit: a build is silent for minutes.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      if (reply.statusCode >= 400) throw statusError(where, reply.statusCode, await reply.body.text());
      return await use(reply);
    } catch (error) {
      if (cancellation.signal.aborted) throw cancelledError(where);
      if (timeout.aborted) throw timeoutError(where, timeoutMs);
      throw isEngineError(error) ? error : asNetworkError(where, error);
    }
  };
  const apiVersion = (): Promise<string> => {
    version ??= send({ method: 'GET', path: '/_ping', action: 'reach Docker' }, '', async (reply) => {
      await reply.body.text();
      return commonVersion(reply.headers['api-version'], host);
    });
    // Whoever asks next finds the engine started meanwhile.
    version.catch(() => (version = undefined));
    return version;
  };
  const sendVersioned = async <T>(
    request: EngineRequest,
    use: (reply: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> => send(request, `/v${await apiVersion()}`, use);
  return {
    host,
    apiVersion,
    ask: <T>(request: EngineRequest) =>
      sendVersioned(request, async ({ body }) => {
        const text = await body.text();
        return (text.trim() === '' ? undefined : JSON.parse(text)) as T;
      }),
    read: (request) => sendVersioned(request, async ({ body }) => Buffer.from(await body.arrayBuffer())),
    follow: (request, onMessage) => sendVersioned(request, ({ body }) => eachMessage(body, onMessage)),
    pause: (ms, action) => pause(ms, cancellation.signal, { action, host }),
    cancel: () => {
      cancellation.abort();
    },
  };
}

function encoded({ body, headers = {} }: EngineRequest): Pick<Dispatcher.RequestOptions, 'body' | 'headers'> {
  if (body === undefined) return { headers: { ...headers } };
  if (Buffer.isBuffer(body) || body instanceof Readable) {
    return { body, headers: { 'content-type': 'application/x-tar', ...headers } };
  }
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
}

function queryOf({ query = {} }: EngineRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly string[]) : [value])
      .filter((item) => item !== undefined && item !== '')
      .map((item): [string, string] => [name, String(item)]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function commonVersion(header: string | string[] | undefined, host: string): string {
  const where: FailedAction = { action: 'use Docker', host };
  if (typeof header !== 'string' || !/^\d+\.\d+$/.test(header)) {
    throw notDockerError(where, 'it does not say which version of the API it has');
  }
  if (isOlder(header, OLDEST_API)) {
    throw notDockerError(where, `its API is ${header}; this needs ${OLDEST_API}, of Docker 20.10, or newer`);
  }
  return isOlder(header, NEWEST_API) ? header : NEWEST_API;
}

/** Of versions such as 1.41. */
function isOlder(version: string, other: string): boolean {
  const number = (text: string): number => {
    const [major = 0, minor = 0] = text.split('.').map(Number);
    return major * 1000 + minor;
  };
  return number(version) < number(other);
}

async function eachMessage(body: Readable, onMessage: (message: EngineMessage) => void): Promise<void> {
  let pending = '';
  const take = (line: string): void => {
    if (line.trim() !== '') onMessage(JSON.parse(line) as EngineMessage);
  };
  body.setEncoding('utf8');
  for await (const chunk of body as AsyncIterable<string>) {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    lines.forEach(take);
  }
  take(pending);
}

function pause(ms: number, signal: AbortSignal, where: FailedAction): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(cancelledError(where));
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

function asNetworkError(where: FailedAction, error: unknown): Error {
  if (error instanceof SyntaxError) return notDockerError(where, 'its answer is not JSON');
  const { code, message } = error as { code?: unknown; message?: unknown };
  // Node's and undici's errors have one.
  if (typeof code === 'string') return networkError(where, code, String(message));
  return error instanceof Error ? error : new Error(String(error));
}
