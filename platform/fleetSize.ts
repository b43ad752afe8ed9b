/** How many workers a fleet has, by the topology and by what a stack says in its place. */
import type { Topology, Worker } from '../topology/model';

export interface FleetSizeSettings {
  /** In place of the topology's. */
  readonly replicas?: number;
  /** The fleet is on each of them, with all of its replicas. */
  readonly hosts?: readonly string[];
}

export interface FleetSize {
  /** As many as there are where nothing scales them. */
  readonly replicasMin: number;
  /** As many as there may ever be. */
  readonly replicasMax: number;
}

/** On one host. */
export function fleetSize(
  { autoscale, replicas: ofTopology = 1 }: Pick<Worker, 'autoscale' | 'replicas'>,
  { replicas = ofTopology }: FleetSizeSettings,
): FleetSize {
  if (autoscale === undefined) return { replicasMin: replicas, replicasMax: replicas };
  const replicasMax = Math.max(autoscale.max ?? replicas, autoscale.min, 1);
  return { replicasMin: Math.min(autoscale.min, replicasMax), replicasMax };
}

/** The topology with as many workers as a stack has of them, for whoever watches that they are there. */
export function withFleetSizes(
  topology: Topology,
  settingsOf: (fleet: string) => FleetSizeSettings,
): Topology {
  const workers = topology.workers.map((worker): Worker => {
    const settings = settingsOf(worker.name);
    const { hosts = [undefined] } = settings;
    const { replicasMin, replicasMax } = fleetSize(worker, settings);
    const [min, max] = [replicasMin * hosts.length, replicasMax * hosts.length];
    return worker.autoscale === undefined
      ? { ...worker, replicas: min }
      : { ...worker, autoscale: { ...worker.autoscale, min, max } };
  });
  return { ...topology, workers };
}
