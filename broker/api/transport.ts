/**
 * A user's access to a broker's management API: kept-alive connections to each node of the cluster, a bound on how
 * many requests run at once and on how long each may take, and retries where repeating is harmless.
 */
import { setMaxListeners } from 'node:events';
import type { Cluster, ClusterNode } from './cluster';
import type { BrokerSettings } from './endpoint';
import type { BrokerReply, HttpRequest } from './http';
import { openCluster } from './cluster';
import { parseEndpoint } from './endpoint';
import { BrokerError, cancelledError } from './errors';
import { withFailover } from './failover';
import { send } from './http';
import { openPauses, withNotices } from './notices';

const REQUEST_TIMEOUT_MS = 15_000;
const RETRY_BUDGET_MS = 5_000;
/** Lists of ten thousands of objects take the broker seconds: `timeoutMs` of what reads them. */
export const LIST_TIMEOUT_MS = 60_000;
const NOTICE_AFTER_MS = 10_000;

export interface BrokerRequest extends HttpRequest {
  /** Names in it must have gone through `path`. */
  readonly path: string;
  /** What this is to do, for messages: `create queue "q" in vhost "v"`. */
  readonly action: string;
  /** Set for a POST that may be repeated without harm; the other methods always may. */
  readonly repeatable?: boolean;
  /** For what takes long: in place of 15,000 ms, and scaled as the user's setting scales these. */
  readonly timeoutMs?: number;
}

export interface Broker {
  /** Without credentials: fit for messages and as a part of an identity, whichever node answers. */
  readonly endpoint: string;
  readonly username: string;
  /** Throws a BrokerError for every failure and every answer of 400 and above. */
  request(request: BrokerRequest): Promise<BrokerReply>;
  /**
   * Waits for the broker to do something; ends early, with a `cancelled` error, when the broker's work is cancelled.
   * `progress` says how far it is (`3 messages left`), for whoever hears that it takes long.
   */
  pause(ms: number, action: string, progress?: string): Promise<void>;
  /** Ends everything that is running, and refuses what comes later, with a `cancelled` error. */
  cancel(): void;
  close(): Promise<void>;
}

/** What several logins to one broker share. */
export interface Shared {
  readonly cluster: Cluster;
  /** Hears of what takes longer than 10 s (or than most of a shorter request timeout), and again every time that it has. */
  readonly onWait?: (notice: string) => void;
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
export function openBroker(
  settings: BrokerSettings,
  shared: Shared = { cluster: openCluster(settings) },
): Broker {
  const { cluster } = shared;
  const { username } = settings;
  const endpoint = parseEndpoint(settings.endpoint).display;
  const cancellation = new AbortController();
  // As many wait at the same time as there are resources: that is no leak.
  setMaxListeners(0, cancellation.signal);
  const timeoutMs = settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const intervalMs = Math.min(NOTICE_AFTER_MS, (timeoutMs * 2) / 3);
  const notices = shared.onWait && { intervalMs, onWait: shared.onWait };
  const pause = openPauses(cancellation.signal, notices);
  const authorization = `Basic ${Buffer.from(`${username}:${settings.password}`).toString('base64')}`;
  const attempt = (request: BrokerRequest, node: ClusterNode): Promise<BrokerReply> =>
    cluster.inTurn(async () =>
      send(await node.dispatcher(), node.endpoint, request, {
        authorization,
        timeoutMs: timeoutMs * ((request.timeoutMs ?? REQUEST_TIMEOUT_MS) / REQUEST_TIMEOUT_MS),
        cancelled: cancellation.signal,
        where: { action: request.action, endpoint: node.endpoint.display, username },
      }),
    );
  return {
    endpoint,
    username,
    request: (request) => {
      const where = { action: request.action, endpoint, username };
      const rules = {
        repeatable: request.method !== 'POST' || request.repeatable === true,
        budgetMs: settings.retryBudgetMs ?? RETRY_BUDGET_MS,
        cancelled: cancellation.signal,
        where,
      };
      const work = withFailover(cluster, (node) => attempt(request, node), rules);
      return notices === undefined ? work : withNotices(work, where, notices);
    },
    pause: async (ms, action, progress) => {
      const where = { action, endpoint, username };
      await pause(ms, where, progress);
      if (cancellation.signal.aborted) throw cancelledError(where);
    },
    cancel: () => {
      cancellation.abort();
    },
    close: () => cluster.close(),
  };
}
