/**
 * HTTP to one management API: kept-alive connections, a bound on how many requests run at once, a bound on how
 * long each may take, and retries where repeating is harmless.
 */
import type { Dispatcher, Pool } from 'undici';
import type { BrokerSettings, Endpoint } from './endpoint';
import { parseEndpoint, readTlsOptions } from './endpoint';
import type { FailedAction } from './errors';
import {
  BrokerError,
  cancelledError,
  isBrokerError,
  networkError,
  notRabbitMQError,
  statusError,
  timeoutError,
} from './errors';

const REQUEST_TIMEOUT_MS = 15_000;
const RETRY_BUDGET_MS = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 16;
const RETRY_DELAY_FIRST_MS = 100;
const RETRY_DELAY_MAX_MS = 1_000;
/** What a broker does to connections while it starts, stops or moves. */
const PASSING_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

export interface BrokerRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below `/api/`; names in it must have gone through `path`. */
  readonly path: string;
  readonly body?: unknown;
  /** What this is to do, for messages: `create queue "q" in vhost "v"`. */
  readonly action: string;
  /** Set for a POST that may be repeated without harm; the other methods always may. */
  readonly repeatable?: boolean;
  readonly timeoutMs?: number;
}

export interface BrokerReply {
  readonly status: number;
  /** The parsed answer; undefined where it was empty. */
  readonly json: unknown;
  readonly location: string | undefined;
}

export interface Broker {
  /** Without credentials: fit for messages and as a part of an identity. */
  readonly endpoint: string;
  readonly username: string;
  /** Throws a BrokerError for every failure and every answer of 400 and above. */
  request(request: BrokerRequest): Promise<BrokerReply>;
  /** Waits; ends early, with a `cancelled` error, when the broker's work is cancelled. */
  pause(ms: number, action: string): Promise<void>;
  /** Ends everything that is running, and refuses what comes later, with a `cancelled` error. */
  cancel(): void;
  close(): Promise<void>;
}

/**
 * Joins path segments, each percent-encoded as a whole: a name may hold `/`, `%`, `#`, or any other character.
 * Throws a BrokerError (`unsupported`) for the two names that no URL can hold.
 */
export function path(...segments: readonly string[]): string {
  for (const segment of segments) {
    // The broker resolves these as relative paths, percent-encoded too: the request would hit another object.
    if (segment === '.' || segment === '..') {
      throw new BrokerError({
        kind: 'unsupported',
        message: `RabbitMQ's management API can't address anything named "${segment}". Choose another name; what exists under it can be reached over AMQP only.`,
      });
    }
  }
  return segments.map(encodeURIComponent).join('/');
}

/** Prepares access to a management API. Opens nothing yet; throws a SettingsError for settings that can't work. */
export function openBroker(settings: BrokerSettings): Broker {
  const endpoint = parseEndpoint(settings.endpoint);
  const tls = readTlsOptions(settings);
  const cancellation = new AbortController();
  const connectionsMax = settings.connectionsMax ?? CONNECTIONS_MAX;
  const slots = limiter(connectionsMax);
  let pool: Promise<Pool> | undefined;
  const connect = (): Promise<Pool> => {
    // Loaded with the first request: a preview sends none, and the module takes longer to load than the rest of us.
    pool ??= import('undici').then(
      (undici) =>
        new undici.Pool(endpoint.origin, {
          connections: connectionsMax,
          pipelining: 1,
          connect: { timeout: CONNECT_TIMEOUT_MS, ...tls },
          keepAliveTimeout: 30_000,
        }),
    );
    return pool;
  };
  const authorization = `Basic ${Buffer.from(`${settings.username}:${settings.password}`).toString('base64')}`;
  const attempt = (request: BrokerRequest, where: FailedAction): Promise<BrokerReply> =>
    slots(async () =>
      send(await connect(), endpoint, authorization, request, where, {
        timeoutMs: request.timeoutMs ?? settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        cancelled: cancellation.signal,
      }),
    );
  return {
    endpoint: endpoint.display,
    username: settings.username,
    request: (request) => {
      const where = { action: request.action, endpoint: endpoint.display, username: settings.username };
      return withRetries(() => attempt(request, where), {
        repeatable: request.method !== 'POST' || request.repeatable === true,
        budgetMs: settings.retryBudgetMs ?? RETRY_BUDGET_MS,
        cancelled: cancellation.signal,
        where,
      });
    },
    pause: async (ms, action) => {
      await sleep(ms, cancellation.signal);
      if (cancellation.signal.aborted) {
        throw cancelledError({ action, endpoint: endpoint.display, username: settings.username });
      }
    },
    cancel: () => {
      cancellation.abort();
    },
    close: async () => {
      if (pool !== undefined) await (await pool).destroy();
    },
  };
}

interface Limits {
  readonly timeoutMs: number;
  readonly cancelled: AbortSignal;
}

async function send(
  pool: Pool,
  endpoint: Endpoint,
  authorization: string,
  request: BrokerRequest,
  where: FailedAction,
  limits: Limits,
): Promise<BrokerReply> {
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  const options: Dispatcher.RequestOptions = {
    method: request.method,
    path: `${endpoint.pathPrefix}/api/${request.path}`,
    headers: {
      authorization,
      // Some paths (user-limits) offer no JSON type at all and answer 406 when asked for nothing else.
      accept: 'application/json, */*;q=0.1',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: request.body === undefined ? null : JSON.stringify(request.body),
    signal: AbortSignal.any([deadline, limits.cancelled]),
    // Our own deadline covers connecting, headers and body at once.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  let reply: { status: number; headers: Dispatcher.ResponseData['headers']; text: string };
  try {
    const response = await pool.request(options);
    const text = await response.body.text();
    reply = { status: response.statusCode, headers: response.headers, text };
  } catch (error) {
    if (limits.cancelled.aborted) throw cancelledError(where);
    if (deadline.aborted) throw timeoutError(where, limits.timeoutMs);
    throw transportError(where, error);
  }
  return interpret(request, where, reply);
}

function interpret(
  request: BrokerRequest,
  where: FailedAction,
  reply: { status: number; headers: Dispatcher.ResponseData['headers']; text: string },
): BrokerReply {
  const { status, text } = reply;
  const parsed = parseJson(text);
  if (status >= 300 && status < 400) throw notRabbitMQError(where, `it redirects, HTTP ${status}`);
  if (status >= 400) {
    // A proxy's own 502 to 504 and RabbitMQ's plain 401 have bodies that aren't JSON; a 404 page is another server's.
    if (status === 404 && text !== '' && !parsed.ok) throw notRabbitMQError(where, 'HTTP 404 without JSON');
    throw statusError(where, status, parsed.ok ? parsed.value : undefined);
  }
  if (text !== '' && !parsed.ok) {
    const isHtml = /^\s*</.test(text);
    throw notRabbitMQError(where, isHtml ? 'it answers with a web page' : 'its JSON is broken or cut off');
  }
  if (text === '' && request.method === 'GET') throw notRabbitMQError(where, 'its answer is empty');
  // RabbitMQ confirms a PUT and a DELETE with 201, 202 or 204: a 200 is some server that says yes to everything.
  if (status === 200 && (request.method === 'PUT' || request.method === 'DELETE')) {
    throw notRabbitMQError(where, `HTTP 200 for a ${request.method}`);
  }
  const location = reply.headers.location;
  return {
    status,
    json: parsed.ok ? parsed.value : undefined,
    location: typeof location === 'string' ? location : undefined,
  };
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}

function transportError(where: FailedAction, error: unknown): BrokerError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('HPE_') === true) return notRabbitMQError(where, 'it does not speak HTTP');
  // The body ended before its announced length.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return notRabbitMQError(where, 'its answer is cut off');
  return networkError(where, code ?? 'failed', message);
}

interface RetryRules {
  readonly repeatable: boolean;
  readonly budgetMs: number;
  readonly cancelled: AbortSignal;
  readonly where: FailedAction;
}

async function withRetries(attempt: () => Promise<BrokerReply>, rules: RetryRules): Promise<BrokerReply> {
  const startMs = performance.now();
  for (let round = 0; ; round++) {
    if (rules.cancelled.aborted) throw cancelledError(rules.where);
    try {
      return await attempt();
    } catch (error) {
      if (!rules.repeatable || !isWorthRepeating(error)) throw error;
      const ceilingMs = Math.min(RETRY_DELAY_MAX_MS, RETRY_DELAY_FIRST_MS * 2 ** round);
      const delayMs = ceilingMs * (0.5 + Math.random() / 2);
      if (performance.now() - startMs + delayMs > rules.budgetMs) throw error;
      await sleep(delayMs, rules.cancelled);
    }
  }
}

function isWorthRepeating(error: unknown): boolean {
  if (!isBrokerError(error)) return false;
  if (error.kind === 'unavailable') return error.status === 503 || error.status === 429;
  return error.kind === 'unreachable' && PASSING_CODES.has(error.code ?? '');
}

/** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** Runs at most `max` tasks at once; the others wait in order, and their deadlines don't run meanwhile. */
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
