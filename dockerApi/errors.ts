/** What can go wrong between us and a Docker Engine: what failed, where, why, and what to do; callers decide by `kind`. */

export type EngineErrorKind =
  /** No connection. */
  | 'unreachable'
  /** Connected, but no answer in time. */
  | 'timeout'
  /** We were told to stop. */
  | 'cancelled'
  | 'notFound'
  /** The name is taken, or the object is in use. */
  | 'conflict'
  /** The engine understood and said no. */
  | 'refused'
  /** The engine failed. */
  | 'failed'
  /** What answers can't be worked with. */
  | 'unsupported';

export interface EngineErrorDetails {
  readonly kind: EngineErrorKind;
  readonly message: string;
  readonly status?: number;
  /** The engine's own words, where it gave some. */
  readonly reason?: string;
}

export class EngineError extends Error {
  readonly kind: EngineErrorKind;
  readonly status: number | undefined;
  readonly reason: string | undefined;

  constructor(details: EngineErrorDetails) {
    super(details.message);
    this.name = 'EngineError';
    this.kind = details.kind;
    this.status = details.status;
    this.reason = details.reason;
  }
}

export function isEngineError(error: unknown, ...kinds: readonly EngineErrorKind[]): error is EngineError {
  return error instanceof EngineError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** Where a request failed: what it was to do, in words (`create the network "n"`), and on which engine. */
export interface FailedAction {
  readonly action: string;
  readonly host: string;
}

const OTHER_HOST = 'or say where it is with DOCKER_HOST or `host` of the provider';

const HELP_NETWORK: Readonly<Record<string, string>> = {
  ENOENT: `there is no such socket. Start Docker, ${OTHER_HOST}`,
  ECONNREFUSED: `nothing accepts connections there. Start Docker, ${OTHER_HOST}`,
  EACCES: 'this user may not use that socket. Run it as root, or as a member of the group docker',
  ENOTFOUND: 'no such host name. Correct DOCKER_HOST or `host` of the provider',
  UND_ERR_SOCKET: 'the connection was closed before an answer came. Look at the log of the Docker Engine',
  ECONNRESET: 'the connection was closed before an answer came. Look at the log of the Docker Engine',
};

export function networkError(where: FailedAction, code: string, detail: string): EngineError {
  const help = HELP_NETWORK[code] ?? `${detail}. Check DOCKER_HOST and the network on the way`;
  const message = `Cannot ${where.action}: the Docker Engine at ${where.host} is not reachable (${code}): ${help}.`;
  return new EngineError({ kind: 'unreachable', message });
}

export function timeoutError(where: FailedAction, timeoutMs: number): EngineError {
  const message =
    `Cannot ${where.action}: the Docker Engine at ${where.host} did not finish within ${timeoutMs / 1000} s. ` +
    'Look at its log (journalctl -u docker) and at the disk, and run it again.';
  return new EngineError({ kind: 'timeout', message });
}

export function cancelledError(where: FailedAction): EngineError {
  return new EngineError({ kind: 'cancelled', message: `Cancelled: ${where.action}.` });
}

export function notDockerError(where: FailedAction, why: string): EngineError {
  const message =
    `Cannot ${where.action}: what answers at ${where.host} is not a Docker Engine that can be used (${why}). ` +
    'Correct DOCKER_HOST or `host` of the provider.';
  return new EngineError({ kind: 'unsupported', message });
}

/** The error for an answer of 400 and above; `body` is its text. */
export function statusError(where: FailedAction, status: number, body: string): EngineError {
  const reason = reasonOf(body);
  return new EngineError({
    kind: kindOf(status, reason),
    status,
    reason,
    message: `Cannot ${where.action}: the Docker Engine says: ${reason}`,
  });
}

/** An operation whose answer began well, and that failed then: a build, a pull. */
export function streamError(where: FailedAction, reason: string): EngineError {
  const message = `Cannot ${where.action}: the Docker Engine says: ${reason}`;
  return new EngineError({ kind: 'refused', reason, message });
}

function kindOf(status: number, reason: string): EngineErrorKind {
  if (status === 404) return 'notFound';
  // Deleting a network that is in use is "forbidden".
  if (status === 409 || reason.includes('has active endpoints')) return 'conflict';
  return status >= 500 ? 'failed' : 'refused';
}

function reasonOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string' && message !== '') return message.trim();
  } catch {
    // Not JSON: its words as they are.
  }
  return body.trim() === '' ? 'nothing' : body.trim().slice(0, 500);
}
