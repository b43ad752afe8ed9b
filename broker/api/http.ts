/** One request to one node, and what its answer means. */
import type { Dispatcher } from 'undici';
import type { Endpoint } from './endpoint';
import type { FailedAction, BrokerError } from './errors';
import { CUT_OFF, cancelledError, networkError, notRabbitMQError, statusError, timeoutError } from './errors';

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below `/api/`, encoded. */
  readonly path: string;
  readonly body?: unknown;
}

export interface BrokerReply {
  readonly status: number;
  /** The parsed answer; undefined where it was empty. */
  readonly json: unknown;
  readonly location: string | undefined;
}

export interface SendOptions {
  readonly authorization: string;
  readonly timeoutMs: number;
  readonly cancelled: AbortSignal;
  readonly where: FailedAction;
}

interface HttpReply {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly text: string;
}

/** Throws a BrokerError for every failure and every answer of 300 and above. */
export async function send(
  dispatcher: Dispatcher,
  endpoint: Endpoint,
  request: HttpRequest,
  options: SendOptions,
): Promise<BrokerReply> {
  const { where, cancelled, timeoutMs } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  let reply: HttpReply;
  try {
    const response = await dispatcher.request({
      origin: endpoint.origin,
      method: request.method,
      path: `${endpoint.pathPrefix}/api/${request.path}`,
      headers: {
        authorization: options.authorization,
        // Some paths (user-limits) offer no JSON type at all and answer 406 when asked for nothing else.
        accept: 'application/json, */*;q=0.1',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: AbortSignal.any([deadline, cancelled]),
      // Our own deadline covers connecting, headers and body at once.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    reply = { status: response.statusCode, headers: response.headers, text: await response.body.text() };
  } catch (error) {
    if (cancelled.aborted) throw cancelledError(where);
    if (deadline.aborted) throw timeoutError(where, timeoutMs);
    throw transportError(where, error);
  }
  return interpret(request, where, reply);
}

function interpret(request: HttpRequest, where: FailedAction, reply: HttpReply): BrokerReply {
  const { status, text } = reply;
  const parsed = parseJson(text);
  if (status >= 300 && status < 400) throw notRabbitMQError(where, `it redirects, HTTP ${status}`);
  if (status >= 400) {
    // A proxy's own 502 to 504 and RabbitMQ's plain 401 have bodies that aren't JSON; a 404 page is another server's.
    if (status === 404 && text !== '' && !parsed.ok) throw notRabbitMQError(where, 'HTTP 404 without JSON');
    throw statusError(where, status, parsed.ok ? parsed.value : undefined, retryAfterMs(reply));
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

/** Retry-After is a number of seconds or a date; undefined where there is none that can be read. */
function retryAfterMs(reply: HttpReply): number | undefined {
  const header = reply.headers['retry-after'];
  if (typeof header !== 'string') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** What undici says when the other side goes away in the middle of an answer. */
const CUT_OFF_CODES = new Set(['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'HPE_INVALID_EOF_STATE']);

function transportError(where: FailedAction, error: unknown): BrokerError {
  const { code, message, name } = error as NodeJS.ErrnoException;
  if (code !== undefined && CUT_OFF_CODES.has(code)) return networkError(where, CUT_OFF, message);
  if (code?.startsWith('HPE_') === true || name === 'HTTPParserError')
    return notRabbitMQError(where, 'it does not speak HTTP, as the ports for AMQP do not');
  return networkError(where, code ?? 'failed', message);
}
