/**
 * What can go wrong between us and a RabbitMQ management API. Every message says what failed, where (never with
 * credentials), why, and what to do about it; callers decide by `kind`, never by text.
 */

export type BrokerErrorKind =
  /** No connection: refused, reset, unknown host, TLS. */
  | 'unreachable'
  /** Connected, but no answer in time. */
  | 'timeout'
  /** We were told to stop. */
  | 'cancelled'
  /** The user name or password is wrong, or this user may not log in from here. */
  | 'unauthorized'
  /** Logged in, but not allowed to do this. */
  | 'forbidden'
  | 'notFound'
  /** The broker understood and said no; `reason` is its own word on it. */
  | 'refused'
  /** The broker is there, but can't serve now (5xx, 429). */
  | 'unavailable'
  /** Something answers, and it isn't RabbitMQ's management API. */
  | 'notRabbitMQ'
  /** This version of RabbitMQ can't do it. */
  | 'unsupported'
  /** Refused by us: it would lose messages or cut consumers off, and nobody approved it. */
  | 'guarded';

export interface BrokerErrorDetails {
  readonly kind: BrokerErrorKind;
  readonly message: string;
  readonly status?: number;
  /** The broker's own `reason`, where it gave one. */
  readonly reason?: string;
  /** The error code of Node, OpenSSL or undici, where there was no answer. */
  readonly code?: string;
  /** What is wrong with the node, for a sentence of which the node is the subject. */
  readonly nodeFault?: string;
  /** For how long the broker asked to be left alone (Retry-After), in milliseconds. */
  readonly retryAfterMs?: number;
}

export class BrokerError extends Error {
  readonly kind: BrokerErrorKind;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly code: string | undefined;
  readonly nodeFault: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(details: BrokerErrorDetails) {
    super(details.message);
    this.name = 'BrokerError';
    this.kind = details.kind;
    this.status = details.status;
    this.reason = details.reason;
    this.code = details.code;
    this.nodeFault = details.nodeFault;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export function isBrokerError(error: unknown, ...kinds: readonly BrokerErrorKind[]): error is BrokerError {
  return error instanceof BrokerError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** For what a broker is asked on the side: undefined where it can't be asked. Only who was told to stop, stops. */
export async function unlessNotAnswered<R>(ask: () => Promise<R>): Promise<R | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isBrokerError(error) && error.kind !== 'cancelled') return undefined;
    throw error;
  }
}

/** Where a request failed: what it was to do, in words (`create queue "q"`), and the endpoint without credentials. */
export interface FailedAction {
  readonly action: string;
  readonly endpoint: string;
  readonly username: string;
}

/** Our own code for an answer that ended before its announced length. */
export const CUT_OFF = 'CUT_OFF';

const CLOSED_EARLY =
  'the connection was closed before an answer came. Check that the scheme (http or https) fits the port, and the client certificate where one is asked for';
const CLIENT_CERTIFICATE = 'Give one that it accepts in `clientcertFile`, with its key in `clientkeyFile`';

/** Why a detour came to no end, in words of its own. */
export const NO_READY_POD = 'NO_READY_POD';

const HELP_NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'nothing accepts connections there. Start the broker with its management plugin, or correct the endpoint',
  ECONNRESET: CLOSED_EARLY,
  UND_ERR_SOCKET: CLOSED_EARLY,
  EPIPE: CLOSED_EARLY,
  [CUT_OFF]: 'its answer was cut off. Look at the broker, and at the proxies on the way',
  ENOTFOUND: 'no such host name. Correct the endpoint',
  EAI_AGAIN: 'the host name could not be looked up. Check the name and the DNS server',
  ETIMEDOUT: 'no connection within the time allowed. Check the address and the firewalls on the way',
  UND_ERR_CONNECT_TIMEOUT:
    'no connection within the time allowed. Check the address and the firewalls on the way',
  EHOSTUNREACH: 'no route to that host. Check the address and the network',
  ENETUNREACH: 'no route to that network. Check the address and the network',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed. Give the certificate authority in `cacertFile`, or `insecure: true` for an experiment',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate comes from an unknown authority. Give that authority in `cacertFile`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate comes from an unknown authority. Give that authority in `cacertFile`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate comes from an unknown authority. Give that authority in `cacertFile`',
  CERT_HAS_EXPIRED: 'its certificate has expired. Renew it on the broker',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another host name. Use the name in the certificate as the endpoint, or issue a new one',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: `it wants a client certificate. ${CLIENT_CERTIFICATE}`,
  // What a missing client certificate is called in TLS 1.2.
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: `it refuses the TLS handshake. ${CLIENT_CERTIFICATE}; if it wants none, look at its TLS versions and ciphers`,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: `it does not know the authority of the client certificate. ${CLIENT_CERTIFICATE}`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: `the client certificate has expired. ${CLIENT_CERTIFICATE}`,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: `it does not accept the client certificate. ${CLIENT_CERTIFICATE}`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: `it does not accept the client certificate. ${CLIENT_CERTIFICATE}`,
  EPROTO: 'the TLS handshake failed. Check that the port speaks https, and the client certificate',
  ERR_SSL_WRONG_VERSION_NUMBER: 'that port does not speak TLS. Use http:// or the TLS port (usually 15671)',
};

/** A connection that could not be made or broke; `code` is Node's, OpenSSL's or undici's error code. */
export function networkError(where: FailedAction, code: string, detail: string): BrokerError {
  const unknown = code === NO_READY_POD ? detail : `${detail}. Check the endpoint and the network on the way`;
  const help = HELP_NETWORK[code] ?? unknown;
  const nodeFault = `is not reachable (${code}): ${help}.`;
  return new BrokerError({
    kind: 'unreachable',
    code,
    nodeFault,
    message: `Cannot ${where.action}: ${where.endpoint} ${nodeFault}`,
  });
}

/** Answers that are not RabbitMQ's: HTML, broken JSON, a redirect. */
export function notRabbitMQError(where: FailedAction, why: string): BrokerError {
  return new BrokerError({
    kind: 'notRabbitMQ',
    message:
      `Cannot ${where.action}: what answers at ${where.endpoint} is not RabbitMQ's management API (${why}). ` +
      'Correct the endpoint: the management API usually listens on port 15672 (15671 with TLS); behind a proxy it may need a path prefix.',
  });
}

export function timeoutError(where: FailedAction, timeoutMs: number): BrokerError {
  const nodeFault =
    `did not answer within ${timeoutMs / 1000} s. ` +
    'Look at the broker (alarms, a partition, a node that is starting or stopping) and run it again.';
  return new BrokerError({
    kind: 'timeout',
    nodeFault,
    message: `Cannot ${where.action}: ${where.endpoint} ${nodeFault}`,
  });
}

/** No node of a cluster could do it: each with what is wrong with it, nodes with the same fault together. */
export function noNodeError(where: FailedAction, failures: ReadonlyMap<string, BrokerError>): BrokerError {
  const endpointsByFault = new Map<string, string[]>();
  for (const [endpoint, { nodeFault, message }] of failures) {
    const fault = nodeFault ?? message;
    endpointsByFault.set(fault, [...(endpointsByFault.get(fault) ?? []), endpoint]);
  }
  const faults = [...endpointsByFault].map(([fault, endpoints]) => `  ${endpoints.join(', ')}: ${fault}`);
  const kinds = new Set([...failures.values()].map(({ kind }) => kind));
  const statuses = new Set([...failures.values()].map(({ status }) => status));
  const [kind = 'unreachable'] = kinds.size === 1 ? kinds : [];
  const [status] = statuses.size === 1 ? statuses : [];
  return new BrokerError({
    kind,
    ...(status === undefined ? {} : { status }),
    message: `Cannot ${where.action}: no node of the cluster can do it.\n${faults.join('\n')}`,
  });
}

/** Why `work` is refused for what it would lose (`guarded`); undefined where it isn't. */
export async function refusalOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isBrokerError(error, 'guarded')) return error.message;
    throw error;
  }
}

export function cancelledError(where: FailedAction): BrokerError {
  return new BrokerError({ kind: 'cancelled', message: `Cancelled: ${where.action} on ${where.endpoint}.` });
}

/** The error for an answer of 400 and above; `body` is the parsed JSON, or undefined where there was none. */
export function statusError(
  where: FailedAction,
  status: number,
  body: unknown,
  retryAfterMs?: number,
): BrokerError {
  const reason = reasonOf(body);
  const cause = reason ?? `HTTP ${status}`;
  const details = { status, ...(reason === undefined ? {} : { reason }) };
  const cannot = `Cannot ${where.action} on ${where.endpoint}`;
  if (status === 401 && isLoginFailure(body, reason)) {
    return new BrokerError({
      ...details,
      kind: 'unauthorized',
      message: `${cannot}: the broker does not accept user "${where.username}" with the given password (${cause}). Check the user name and the password.`,
    });
  }
  if (status === 401 || status === 403) {
    return new BrokerError({
      ...details,
      kind: 'forbidden',
      message: `${cannot}: user "${where.username}" may not do that (${cause}). Use a user with the tag administrator; names that begin with "amq." are reserved by the broker.`,
    });
  }
  if (status === 404) {
    // Of a classic queue whose node is gone.
    const isDown = /\bis down\b/.test(cause);
    const wayOut = isDown ? 'Start that node, and run it again' : 'Create what it refers to first';
    const message = `${cannot}: not found (${cause}). ${wayOut}.`;
    return new BrokerError({ ...details, kind: 'notFound', message });
  }
  if (status === 429 || status >= 500) {
    const word = reason === undefined ? '' : `, ${reason}`;
    const asked = retryAfterMs === undefined ? '' : `, come back in ${Math.ceil(retryAfterMs / 1000)} s`;
    const fault = `can't serve the request now (HTTP ${status}${word}${asked}). Look at its log and its alarms, then run it again.`;
    return new BrokerError({
      ...details,
      kind: 'unavailable',
      nodeFault: fault,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      message: `${cannot}: the broker ${fault}`,
    });
  }
  const message = `${cannot}: the broker refuses it: ${cause}.`;
  return new BrokerError({ ...details, kind: 'refused', message });
}

/**
 * RabbitMQ answers 401 both for a wrong password (`not_authorized`) and for a user who may not do something
 * (`not_authorised`, with an s). Only the first means that other credentials could help.
 */
function isLoginFailure(body: unknown, reason: string | undefined): boolean {
  const error = typeof body === 'object' && body !== null ? (body as { error?: unknown }).error : undefined;
  return error !== 'not_authorised' || (reason ?? '').includes('can only log in via localhost');
}

/** The `reason` of RabbitMQ's error answers: mostly text, sometimes a list, before 4.3 with HTML entities in it. */
function reasonOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { reason, error } = body as { reason?: unknown; error?: unknown };
  const value = reason ?? error;
  if (value === undefined) return undefined;
  const text =
    typeof value === 'string' ? value : Array.isArray(value) ? value.join(' ') : JSON.stringify(value);
  return unescapeHtml(text).replace(/\s+/g, ' ').trim().replace(/\.$/, '');
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
