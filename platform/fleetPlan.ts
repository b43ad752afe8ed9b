/** What the workers of a fleet are on any platform, without secrets and without Pulumi. */
import { withoutBrackets } from '../broker/amqp/address';
import type { Topology, Worker } from '../topology/model';
import type { BrokerAddress } from './address';
import { fleetSize, type FleetSize, type FleetSizeSettings } from './fleetSize';
import { nodesNames } from './fleetWords';

/** What a stack says of a fleet, whatever the platform. */
export interface FleetSettings extends Pick<FleetSizeSettings, 'replicas'> {
  /** Environment variable that gets the whole AMQP URL, for applications that read no file. */
  readonly urlVariable?: string;
}

export interface FleetPlan extends FleetSize {
  readonly name: string;
  readonly vhost: string;
  readonly user: string;
  /** Queues by name; what the application declares by itself (families) isn't among them. */
  readonly queues: readonly string[];
  /** All that it takes messages from: families as their templates, and the stages of retries. */
  readonly allQueues: readonly string[];
  readonly command: readonly string[];
  /** `NAME=VALUE`, without credentials. */
  readonly environment: readonly string[];
  readonly urlVariable?: string;
  /** It has as many as its queues ask for. */
  readonly isScaled: boolean;
  /** From SIGTERM to SIGKILL. */
  readonly graceSeconds: number;
  /** It is handed an authority whose certificates it trusts, as a file. */
  readonly hasAuthority: boolean;
}

/** As a fleet's workers find it. */
export interface FleetBroker {
  readonly address: BrokerAddress;
  readonly isAuthorityKnown: boolean;
}

/** Where a worker finds its credentials: files, so that neither `docker inspect` nor a pod's description shows them. */
export const SECRETS_FOLDER = '/run/secrets/rabbitmq';
const CELERY_VARIABLE = 'CELERY_BROKER_URL';
/** Nodes of a cluster are named `PREFIX-rabbitmq-N`; on Kubernetes they are the pods of that name. */
export const NODES_WORD = 'rabbitmq';
const GRACE_MS = 30_000;

/** Whether a stack knows from whom the broker's certificates are: from its own cluster's authority, or `cacertFile`'s. */
export function isAuthorityKnown({
  topology,
  cluster,
  cacertFile,
}: {
  readonly topology: Topology;
  /** The settings of the stack's own one; undefined for a broker that is there already. */
  readonly cluster: object | undefined;
  readonly cacertFile: string | undefined;
}): boolean {
  return cluster === undefined ? cacertFile !== undefined : topology.broker?.tls !== undefined;
}

/** @throws Error in one sentence, where the topology leaves open what a container needs */
export function planFleet(
  worker: Worker,
  topology: Topology,
  settings: FleetSettings,
  broker: FleetBroker,
): FleetPlan {
  const { name, vhost, user, command, autoscale } = worker;
  if (vhost === undefined || user === undefined) {
    throw new Error(
      `The workers "${name}" have no ${vhost === undefined ? 'vhost' : 'user'} in the topology, and can't log in without.`,
    );
  }
  if (name === NODES_WORD) {
    throw new Error(nodesNames(name));
  }
  const urlVariable = settings.urlVariable ?? (command[0] === 'celery' ? CELERY_VARIABLE : undefined);
  if (urlVariable !== undefined && command.length === 0) {
    throw new Error(
      `The workers "${name}" get ${urlVariable} by a small shell script around their command, and the topology has no command for them: write it there.`,
    );
  }
  const hasAuthority = broker.address.scheme === 'amqps' && broker.isAuthorityKnown;
  const graceMs = worker.gracePeriodMs ?? worker.longestTaskMs ?? GRACE_MS;
  return {
    name,
    vhost,
    user,
    queues: declaredQueues(worker, topology),
    allQueues: allQueues(worker, topology),
    command,
    environment: environmentOf(worker, topology, broker.address, hasAuthority),
    ...(urlVariable === undefined ? {} : { urlVariable }),
    ...fleetSize(worker, settings),
    isScaled: autoscale !== undefined,
    graceSeconds: Math.max(1, Math.ceil(graceMs / 1000)),
    hasAuthority,
  };
}

function declaredQueues({ queues, vhost }: Worker, { vhosts }: Topology): readonly string[] {
  const declared = vhosts.find(({ name }) => name === vhost)?.queues ?? [];
  return queues.filter((queue) => declared.some(({ name }) => name === queue));
}

function allQueues({ queues, vhost }: Worker, { vhosts }: Topology): readonly string[] {
  const stages = vhosts
    .find(({ name }) => name === vhost)
    ?.queues.filter(({ name }) => queues.includes(name))
    .flatMap((queue) => queue.stages ?? []);
  return [...new Set([...queues, ...(stages ?? [])])];
}

function environmentOf(
  worker: Worker,
  topology: Topology,
  address: BrokerAddress,
  hasAuthority: boolean,
): string[] {
  const { vhost = '', prefetch, concurrency, rateLimit } = worker;
  const queues = allQueues(worker, topology);
  const own: Readonly<Record<string, string | number | undefined>> = {
    RABBITMQ_HOST: withoutBrackets(address.host),
    RABBITMQ_PORT: address.port,
    RABBITMQ_VHOST: vhost,
    RABBITMQ_URL_FILE: `${SECRETS_FOLDER}/url`,
    RABBITMQ_USERNAME_FILE: `${SECRETS_FOLDER}/username`,
    RABBITMQ_PASSWORD_FILE: `${SECRETS_FOLDER}/password`,
    RABBITMQ_CA_FILE: hasAuthority ? `${SECRETS_FOLDER}/ca.crt` : undefined,
    WARREN_FLEET: worker.name,
    WARREN_QUEUES: queues.length === 0 ? undefined : queues.join(','),
    WARREN_PREFETCH: prefetch,
    WARREN_CONCURRENCY: concurrency,
    WARREN_RATE_LIMIT: rateLimit,
  };
  const known = Object.entries(own).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  const all = { ...(Object.fromEntries(known) as Record<string, string>), ...worker.env };
  return Object.entries(all).map(([key, value]) => `${key}=${value}`);
}

/** An entrypoint whose command gets the URL in its environment, where no `docker inspect` looks. */
export function urlEntrypoint(variable: string): string[] {
  const script = `${variable}="$(cat ${SECRETS_FOLDER}/url)" && export ${variable} && exec "$@"`;
  return ['/bin/sh', '-c', script, 'sh'];
}
