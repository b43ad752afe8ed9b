/** Trying again: on the next node of the cluster, and after a pause on the same, as long as repeating is harmless. */
import type { Cluster, ClusterNode } from './cluster';
import type { FailedAction, BrokerError } from './errors';
import { CUT_OFF, NO_READY_POD, cancelledError, isBrokerError, noNodeError } from './errors';

const RETRY_DELAY_FIRST_MS = 100;
const RETRY_DELAY_MAX_MS = 1_000;

/** What a broker does to connections while it starts, stops or moves. */
const BROKEN_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', CUT_OFF]);
/** The last one is a detour's own: pods come and go. */
const PASSING_CODES = new Set(['ECONNREFUSED', 'EAI_AGAIN', ...BROKEN_CODES, NO_READY_POD]);
/**
 * Too many requests; a proxy's or the broker's "not now"; and 500, by which a broker answers a list of what somebody
 * else is deleting just then (seen of users on 4.3, of vhosts on 4.0).
 */
const PASSING_STATUSES = new Set([429, 500, 502, 503, 504]);

export interface RetryRules {
  /** Whether it may be sent again although the broker may have done it already. */
  readonly repeatable: boolean;
  /** After that many milliseconds since the first failure no further pause begins. */
  readonly budgetMs: number;
  readonly cancelled: AbortSignal;
  readonly where: FailedAction;
}

/**
 * Runs `attempt` on the node that worked last; where that one fails, on the others in turn, and after a pause with
 * jitter on all of them again. A node that let a request time out is not asked a second time, so the limit is two
 * request timeouts for each node plus the budget. Throws the last failure; with several nodes, each one's.
 */
export async function withFailover<T>(
  cluster: Cluster,
  attempt: (node: ClusterNode) => Promise<T>,
  rules: RetryRules,
): Promise<T> {
  let firstFailureMs = Infinity;
  const failures = new Map<string, BrokerError>();
  const givenUp = new Set<ClusterNode>();
  let passed = new Set<ClusterNode>();
  for (let round = 0; ;) {
    if (rules.cancelled.aborted) throw cancelledError(rules.where);
    const node = cluster.next(passed);
    if (node === undefined) {
      const delayMs = pauseMs(round++, failures.values());
      const isOver = performance.now() - firstFailureMs + delayMs > rules.budgetMs;
      if (isOver || givenUp.size === cluster.nodes.length) throw summary(rules.where, failures);
      await sleep(delayMs, rules.cancelled);
      passed = new Set(givenUp);
      continue;
    }
    try {
      return await attempt(node);
    } catch (error) {
      const way = isBrokerError(error) ? wayOn(error, rules.repeatable) : 'none';
      if (way === 'none') throw error;
      firstFailureMs = Math.min(firstFailureMs, performance.now());
      failures.set(node.endpoint.display, error as BrokerError);
      passed.add(node);
      if (way === 'otherNodes') givenUp.add(node);
      cluster.leave(node);
    }
  }
}

function summary(where: FailedAction, failures: ReadonlyMap<string, BrokerError>): BrokerError {
  const [only, ...others] = failures.values();
  return only !== undefined && others.length === 0 ? only : noNodeError(where, failures);
}

/** Where else a failed request may go: to every node, later to the same one too; only to the other nodes; nowhere. */
function wayOn(error: BrokerError, repeatable: boolean): 'all' | 'otherNodes' | 'none' {
  switch (error.kind) {
    case 'unreachable': {
      const code = error.code ?? '';
      // Any other code says that no connection came about, so that nothing was sent.
      if (BROKEN_CODES.has(code) && !repeatable) return 'none';
      return PASSING_CODES.has(code) ? 'all' : 'otherNodes';
    }
    case 'timeout':
      return repeatable ? 'otherNodes' : 'none';
    case 'unavailable':
      if (!repeatable) return 'none';
      return PASSING_STATUSES.has(error.status ?? 0) ? 'all' : 'otherNodes';
    default:
      return 'none';
  }
}

/** With jitter, so that many requests don't come back at once; at least what one of the nodes asked for. */
function pauseMs(round: number, failures: Iterable<BrokerError>): number {
  const ceilingMs = Math.min(RETRY_DELAY_MAX_MS, RETRY_DELAY_FIRST_MS * 2 ** round);
  const askedMs = Math.max(0, ...[...failures].map(({ retryAfterMs }) => retryAfterMs ?? 0));
  return Math.max(askedMs, ceilingMs * (0.5 + Math.random() / 2));
}

/** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
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
