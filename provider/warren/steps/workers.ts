/** The containers of a fleet on their Docker Engine: which of them run, and under which addresses they come to a broker. */
import { AddressError, engineAddress } from '../../../dockerApi/address';
import { isEngineError } from '../../../dockerApi/errors';
import { lookUp } from '../../../dockerApi/objects';
import { openEngine, path } from '../../../dockerApi/transport';
import type { Consumer } from '../../../broker/figures/consumers';

export interface FleetWorker {
  readonly name: string;
  /** Why it can't consume, as the end of a sentence about it; undefined where it runs. */
  readonly obstacle?: string;
  readonly addresses: readonly string[];
}

interface Inspection {
  readonly Name: string;
  readonly State: {
    readonly Running: boolean;
    readonly Restarting: boolean;
    readonly ExitCode: number;
    readonly OOMKilled?: boolean;
  };
  readonly NetworkSettings: {
    readonly Networks?: Readonly<
      Record<string, { readonly IPAddress?: string; readonly GlobalIPv6Address?: string }>
    > | null;
  };
}

/** Undefined where the engine can't be asked. @param host as in DOCKER_HOST; the environment's where it is left out */
export async function readWorkers(
  host: string | undefined,
  ids: readonly string[],
): Promise<readonly FleetWorker[] | undefined> {
  try {
    const engine = openEngine(engineAddress(host === undefined ? {} : { host }, process.env));
    return await Promise.all(
      ids.map(async (id) => {
        const shortId = id.slice(0, 12);
        const action = `look at the container ${shortId}`;
        const found = await lookUp<Inspection>(engine, `${path('containers', id)}/json`, action);
        return found === undefined ? { name: shortId, obstacle: 'is gone', addresses: [] } : workerOf(found);
      }),
    );
  } catch (error) {
    // Pulumi's own docker plugin may know a way to it, by ssh say.
    if (isEngineError(error) || error instanceof AddressError) return undefined;
    throw error;
  }
}

function workerOf({ Name, State, NetworkSettings }: Inspection): FleetWorker {
  const name = Name.replace(/^\//, '');
  const addresses = Object.values(NetworkSettings.Networks ?? {})
    .flatMap(({ IPAddress = '', GlobalIPv6Address = '' }) => [IPAddress, GlobalIPv6Address])
    .filter((address) => address !== '');
  if (State.Running && !State.Restarting) return { name, addresses };
  const why = State.OOMKilled === true ? 'was killed, it needs more memory' : 'ended';
  return { name, obstacle: `${why} (exit code ${State.ExitCode})`, addresses };
}

/** Why a worker can't consume, as a sentence without its full stop. */
export function whyNot({ name, obstacle }: FleetWorker): string | undefined {
  return obstacle === undefined ? undefined : `${name} ${obstacle}: docker logs ${name} shows why`;
}

/** What is still missing, as a sentence without its full stop; each worker consumes from each of the queues. */
export function missingConsumer(
  workers: readonly FleetWorker[],
  consumers: readonly Consumer[],
  { vhost, queues }: { readonly vhost: string; readonly queues: readonly string[] },
): string | undefined {
  for (const worker of workers) {
    const { name, addresses } = worker;
    const ended = whyNot(worker);
    if (ended !== undefined) return ended;
    const own = consumers.filter(
      ({ peerHost }) => peerHost !== undefined && addresses.includes(plainAddress(peerHost)),
    );
    const queue = queues.find((one) => !own.some((consumer) => consumer.queue === one));
    if (queue !== undefined) return `${name} doesn't consume from queue "${queue}" in vhost "${vhost}"`;
  }
  return undefined;
}

/** Without the prefix of an IPv4 address in an IPv6 socket. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
}
