/**
 * The scaler's config file: which containers make up a fleet, which queues they work on, and within which limits their
 * number follows them. JSON; what is left out has the default that is named here.
 */

export interface ScalerConfig {
  readonly broker: BrokerAccess;
  readonly docker: {
    /** As in DOCKER_HOST: `unix:///PATH` or `tcp://HOST:PORT`. What Docker's own programs use unless given. */
    readonly host?: string;
  };
  /** Milliseconds between two rounds. */
  readonly intervalMs: number;
  readonly fleets: readonly Fleet[];
}

/** The management API, as a user with the tag `monitoring`, who has access to the vhosts of the fleets. */
export interface BrokerAccess {
  /** Base URL. */
  readonly endpoint: string;
  /** Base URLs of all nodes of a cluster, tried in turn; `endpoint` alone unless given. */
  readonly endpoints?: readonly string[];
  /** Files, read anew in each round; relative paths begin at the config file's folder. */
  readonly usernameFile: string;
  readonly passwordFile: string;
  /** PEM file of the authority of an https endpoint. */
  readonly cacertFile?: string;
  /** PEM files of the certificate that such an endpoint is shown, and of its key. */
  readonly clientcertFile?: string;
  readonly clientkeyFile?: string;
}

/** Containers of the same workers. One with `min` = `max` is not scaled, only watched over. */
export interface Fleet {
  readonly name: string;
  /** May be left out where there are no queues. */
  readonly vhost: string;
  /**
   * Names of queues, and templates of families such as `event_queue:user:{id}`. None for a fleet that consumes from
   * none: a scheduler, a publisher.
   */
  readonly queues: readonly string[];
  /** Names. The first ones run; the last of those that run is the first to be stopped. */
  readonly containers: readonly string[];
  readonly min: number;
  readonly max: number;
  /** Messages, ready and unacknowledged, that one container is there for. */
  readonly messagesPerReplica: number;
  /** For so long fewer must have been wanted before one is stopped: the HPA's stabilization window for scaling down. */
  readonly cooldownMs: number;
  /** From SIGTERM (or the image's STOPSIGNAL) to SIGKILL: at least as long as the longest task. */
  readonly stopTimeoutSeconds: number;
  /** A container that has run for so long must consume. */
  readonly startupMs: number;
  /** `running` for workers that don't consume, but poll (`basic.get`). */
  readonly health: Health;
}

export type Health = 'consumers' | 'running';

export const HEALTHS: readonly Health[] = ['consumers', 'running'];

export const INTERVAL_MS = 2_000;

/** Of a fleet. */
export const DEFAULTS = {
  messagesPerReplica: 10,
  cooldownMs: 300_000,
  stopTimeoutSeconds: 30,
  startupMs: 60_000,
  health: 'consumers' as Health,
} as const;

/** Whether the fleet's containers are expected to be consumers of its queues. */
export function isJudgedByConsumers({ queues, health }: Fleet): boolean {
  return queues.length > 0 && health === 'consumers';
}
