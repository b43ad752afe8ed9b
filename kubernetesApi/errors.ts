/** What can go wrong between us and a cluster: what failed, where, why, and what to do; callers decide by `kind`. */

export type ClusterErrorKind =
  /** No connection, or no kubeconfig. */
  | 'unreachable'
  /** Connected, but no answer in time. */
  | 'timeout'
  /** We were told to stop. */
  | 'cancelled'
  /** Who we are isn't known there. */
  | 'unauthorized'
  /** It is known, and may not do this. */
  | 'forbidden'
  | 'notFound'
  /** There is an object of that name. */
  | 'exists'
  /** Somebody else owns what is to be changed. */
  | 'conflict'
  /** The object isn't as it has to be. */
  | 'invalid'
  /** The namespace is being deleted. */
  | 'terminating'
  /** Understood, and refused for another reason. */
  | 'refused'
  /** The cluster failed. */
  | 'failed'
  /** What answers is no API server. */
  | 'unsupported';

/** One of the reasons that an API server gives. */
export interface Cause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface ClusterErrorDetails {
  readonly kind: ClusterErrorKind;
  readonly message: string;
  readonly status?: number;
  /** The API server's own words. */
  readonly reason?: string;
  readonly causes?: readonly Cause[];
  /** What isn't there, where that is said. */
  readonly about?: { readonly kind: string; readonly name: string };
}

export class ClusterError extends Error {
  readonly kind: ClusterErrorKind;
  readonly status: number | undefined;
  readonly reason: string;
  readonly causes: readonly Cause[];
  readonly about: { readonly kind: string; readonly name: string };

  constructor(details: ClusterErrorDetails) {
    super(details.message);
    this.name = 'ClusterError';
    this.kind = details.kind;
    this.status = details.status;
    this.reason = details.reason ?? '';
    this.causes = details.causes ?? [];
    this.about = details.about ?? { kind: '', name: '' };
  }
}

export function isClusterError(error: unknown, ...kinds: readonly ClusterErrorKind[]): error is ClusterError {
  return error instanceof ClusterError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** What says nothing of the object that was asked for: the cluster as a whole can't be asked now. */
export function isOutage(error: unknown): error is ClusterError {
  // A 500 is about one request (a webhook of its kind, say), and the others may go well.
  const isFailure = isClusterError(error, 'failed') && error.status !== 500;
  return isFailure || isClusterError(error, 'unreachable', 'timeout', 'unauthorized', 'unsupported');
}

/** What may be over when it is tried again. */
export function isPassing(error: unknown): error is ClusterError {
  return isOutage(error) || isClusterError(error, 'failed');
}

/** Where a request failed: what it was to do, in words (`create the Secret "n"`), and on which cluster. */
export interface FailedAction {
  readonly action: string;
  readonly server: string;
}

const CORRECT = 'Correct the kubeconfig, or say which one with `kubeconfig` and `context` of the provider';

const HELP_NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: `nothing accepts connections there. Start the cluster. ${CORRECT}`,
  ENOTFOUND: `no such host name. ${CORRECT}`,
  EHOSTUNREACH: `no way leads to that host. ${CORRECT}`,
  ECONNRESET: 'the connection was closed before an answer came. Run it again',
  ECONNABORTED: 'the connection was closed before an answer came. Run it again',
  EPIPE: 'the connection was closed before an answer came. Run it again',
  CERT_HAS_EXPIRED: `its certificate has expired. Renew it (kubeadm certs renew)`,
  DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is not of the authority in the kubeconfig. ${CORRECT}`,
  SELF_SIGNED_CERT_IN_CHAIN: `its certificate is not of the authority in the kubeconfig. ${CORRECT}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its certificate is not of the authority in the kubeconfig. ${CORRECT}`,
  ERR_TLS_CERT_ALTNAME_INVALID: `its certificate is for other host names. ${CORRECT} (\`tls-server-name\`)`,
};

export function networkError(where: FailedAction, code: string, detail: string): ClusterError {
  const help = HELP_NETWORK[code] ?? `${detail}. ${CORRECT}`;
  const message = `Cannot ${where.action}: the Kubernetes cluster at ${where.server} is not reachable (${code}): ${help}.`;
  return new ClusterError({ kind: 'unreachable', message });
}

/** There is no kubeconfig, or its program that logs in failed. */
export function loginError(where: FailedAction, why: string): ClusterError {
  const message = `Cannot ${where.action}: ${why.trim()}. ${CORRECT}.`;
  return new ClusterError({ kind: 'unreachable', message });
}

export function timeoutError(where: FailedAction, timeoutMs: number): ClusterError {
  const message =
    `Cannot ${where.action}: the Kubernetes cluster at ${where.server} did not answer within ${timeoutMs / 1000} s. ` +
    'Look at its API server and at the network on the way, and run it again.';
  return new ClusterError({ kind: 'timeout', message });
}

export function cancelledError(where: Pick<FailedAction, 'action'>): ClusterError {
  return new ClusterError({ kind: 'cancelled', message: `Cancelled: ${where.action}.` });
}

export function notKubernetesError(where: FailedAction, why: string): ClusterError {
  const message = `Cannot ${where.action}: what answers at ${where.server} is not a Kubernetes API server (${why}). ${CORRECT}.`;
  return new ClusterError({ kind: 'unsupported', message });
}

interface Status {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly reason?: string;
  readonly details?: {
    readonly causes?: readonly Cause[];
    readonly kind?: string;
    readonly name?: string;
  };
}

/** An apply with a field that the schema doesn't have is answered as if the server had failed. */
const UNKNOWN_FIELD = /failed to create typed patch object|field not declared in schema/;

/** The error for an answer of 400 and above; `body` is its text. */
export function statusError(where: FailedAction, status: number, body: string): ClusterError {
  const { reason, message, details = {} } = statusIn(body);
  const isUnknownField = UNKNOWN_FIELD.test(String(message));
  const kind = isUnknownField ? 'invalid' : kindOf(status, reason ?? '', details.causes ?? []);
  const said = typeof message === 'string' && message !== '' ? message : body.trim().slice(0, 500);
  return new ClusterError({
    kind,
    status,
    reason: said,
    causes: details.causes ?? [],
    about: { kind: details.kind ?? '', name: details.name ?? '' },
    message: `Cannot ${where.action}: ${explained(where, kind, said === '' ? `status ${status}` : said)}`,
  });
}

function explained({ server }: FailedAction, kind: ClusterErrorKind, said: string): string {
  if (kind === 'unauthorized') {
    return `the Kubernetes cluster at ${server} doesn't know this login (${said}). Log in again, or correct the user of the kubeconfig.`;
  }
  if (kind === 'forbidden') {
    return `the API server says: ${said}. Give that user the right by a Role or ClusterRole, or use another one.`;
  }
  return `the API server says: ${said}`;
}

function statusIn(body: string): Status {
  try {
    const parsed = JSON.parse(body) as Status | null;
    return parsed?.kind === 'Status' ? parsed : {};
  } catch {
    return {};
  }
}

function kindOf(status: number, reason: string, causes: readonly Cause[]): ClusterErrorKind {
  if (causes.some((cause) => cause.reason === 'NamespaceTerminating')) return 'terminating';
  const kinds: Readonly<Record<number, ClusterErrorKind>> = {
    400: 'refused',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'notFound',
    409: reason === 'AlreadyExists' ? 'exists' : 'conflict',
    422: 'invalid',
  };
  return kinds[status] ?? (status >= 500 || status === 429 ? 'failed' : 'refused');
}
