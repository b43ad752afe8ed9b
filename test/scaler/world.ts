/** Fleets and containers as plain values, for tests of what the scaler decides. */
import { DEFAULTS, type Fleet } from '../../scaler/config';
import { decide, type Decision } from '../../scaler/decide';
import {
  NOTHING_KNOWN,
  type ContainerState,
  type FleetMemory,
  type Observation,
  type ObservedContainer,
} from '../../scaler/observation';
import type { Load } from '../../scaler/replicas';

export function fleetOf(size: number, changes: Partial<Fleet> = {}): Fleet {
  return {
    name: 'jobs',
    vhost: 'media',
    queues: ['jobs'],
    containers: Array.from({ length: size }, (_, index) => `jobs-${index + 1}`),
    min: 0,
    max: size,
    messagesPerReplica: 10,
    cooldownMs: 60_000,
    stopTimeoutSeconds: 30,
    startupMs: 60_000,
    health: DEFAULTS.health,
    ...changes,
  };
}

export function stateOf(name: string, changes: Partial<ContainerState> = {}): ContainerState {
  return {
    id: `id of ${name}`,
    status: 'created',
    exitCode: 0,
    isOutOfMemory: false,
    restartCount: 0,
    startedAtMs: 0,
    finishedAtMs: 0,
    addresses: [addressOf(name)],
    ...changes,
  };
}

export function addressOf(name: string): string {
  return `10.0.0.${name.replace(/\D/g, '')}`;
}

/** One fleet's containers over time; what is decided is done at once, unless a test does something else. */
export class World {
  nowMs = 1_000_000_000;
  load: Load | undefined = { ready: 0, unacknowledged: 0 };
  /** Undefined: all that run consume. */
  peers: Observation['peers'] | 'unknown' = undefined;
  readonly containers = new Map<string, ObservedContainer>();
  private memory: FleetMemory = NOTHING_KNOWN;

  constructor(readonly fleet: Fleet) {
    for (const name of fleet.containers) this.containers.set(name, { name, state: stateOf(name) });
  }

  get running(): readonly string[] {
    return this.fleet.containers.filter((name) => this.containers.get(name)?.state?.status === 'running');
  }

  set(name: string, changes: Partial<ContainerState>): void {
    this.containers.set(name, { name, state: { ...this.state(name), ...changes } });
  }

  start(name: string): void {
    this.set(name, { status: 'running', startedAtMs: this.nowMs });
  }

  /** By itself. */
  crash(name: string, exitCode = 1): void {
    this.set(name, { status: 'exited', exitCode, finishedAtMs: this.nowMs });
  }

  state(name: string): ContainerState {
    return this.containers.get(name)?.state ?? stateOf(name);
  }

  /** One round, `afterMs` later. */
  decide(afterMs = 2_000): Decision {
    this.nowMs += afterMs;
    const containers = this.fleet.containers.map((name) => this.containers.get(name) ?? { name });
    const peers = this.peers === 'unknown' ? undefined : (this.peers ?? this.running.map(addressOf));
    const decision = decide(
      this.fleet,
      {
        containers,
        addresses: new Set(this.fleet.containers.map(addressOf)),
        ...(this.load === undefined ? {} : { load: this.load }),
        ...(peers === undefined ? {} : { peers }),
      },
      this.memory,
      this.nowMs,
    );
    this.memory = decision.memory;
    return decision;
  }

  round(afterMs = 2_000): Decision {
    const decision = this.decide(afterMs);
    for (const { job, container } of decision.actions) {
      if (job === 'stop') this.crash(container, 0);
      else this.start(container);
    }
    return decision;
  }
}

/** `start jobs-1`, for comparing. */
export function actionsOf({ actions }: Pick<Decision, 'actions'>): readonly string[] {
  return actions.map(({ job, container }) => `${job} ${container}`);
}
