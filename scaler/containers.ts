/** The containers of the fleets on a Docker Engine: looked at, started and stopped. None is made or deleted. */
import { lookUp } from '../dockerApi/objects';
import { path, type Engine } from '../dockerApi/transport';
import type { ContainerState } from './observation';

/** What is read of the answer to `GET /containers/NAME/json`. */
interface Inspection {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount?: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly OOMKilled?: boolean;
    readonly StartedAt: string;
    readonly FinishedAt: string;
  };
  readonly NetworkSettings: {
    readonly Networks?: Readonly<Record<string, EndpointAddresses>> | null;
  };
}

interface EndpointAddresses {
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
}

/** Beyond the grace: for SIGKILL, and an engine that has much to do. */
const STOP_MARGIN_MS = 60_000;

/** Undefined where there is none of exactly that name. */
export async function inspect(engine: Engine, name: string): Promise<ContainerState | undefined> {
  const found = await lookUp<Inspection>(
    engine,
    `${path('containers', name)}/json`,
    `look at the container ${name}`,
  );
  // Docker also takes the beginning of an id for a name.
  if (found?.Name !== `/${name}`) return undefined;
  const { State: state, NetworkSettings: settings } = found;
  return {
    id: found.Id,
    status: statusOf(state.Status),
    exitCode: state.ExitCode,
    isOutOfMemory: state.OOMKilled === true,
    restartCount: found.RestartCount ?? 0,
    startedAtMs: timeOf(state.StartedAt),
    finishedAtMs: timeOf(state.FinishedAt),
    addresses: Object.values(settings.Networks ?? {}).flatMap(({ IPAddress, GlobalIPv6Address }) =>
      [IPAddress, GlobalIPv6Address].filter((one) => one !== undefined && one !== ''),
    ) as string[],
  };
}

function statusOf(status: string): ContainerState['status'] {
  switch (status) {
    case 'created':
    case 'running':
    case 'paused':
    case 'restarting':
    case 'exited':
      return status;
    // `removing`, and `dead`: what could not be removed.
    default:
      return 'gone';
  }
}

/** 0 for the year 1, by which Docker says never. */
function timeOf(text: string): number {
  return Math.max(0, Date.parse(text));
}

export async function start(engine: Engine, id: string, name: string): Promise<void> {
  await engine.ask({
    method: 'POST',
    path: `${path('containers', id)}/start`,
    action: `start the container ${name}`,
  });
}

/** Resolves when it has stopped, at the latest after its grace, when it is killed. */
export async function stop(engine: Engine, id: string, name: string, timeoutSeconds: number): Promise<void> {
  await engine.ask({
    method: 'POST',
    path: `${path('containers', id)}/stop`,
    query: { t: timeoutSeconds },
    action: `stop the container ${name}`,
    timeoutMs: timeoutSeconds * 1000 + STOP_MARGIN_MS,
  });
}
