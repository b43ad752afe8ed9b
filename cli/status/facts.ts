/** What `warren status` knows of a broker at one moment: plain values, from which everything that it says is made. */
import type { UserConnections } from '../../broker/figures/connections';
import type { NodeFigures } from '../../broker/figures/nodes';
import type { QueueFigures } from '../../broker/figures/queueFigures';
import type { ChangeClass } from '../../topology/diff/model';
import type { FoundCertificate } from './certificates';

export interface StatusFacts {
  /** `stack production`, or the URL. */
  readonly name: string;
  /** Absent for a broker at a URL. */
  readonly stack?: string;
  readonly endpoint: string;
  readonly at: Date;
  readonly version: string;
  readonly clusterName: string;
  readonly nodes: readonly NodeFigures[];
  readonly queues: readonly QueueStatus[];
  readonly connections: readonly UserConnections[];
  /** Limits of users and vhosts on the broker. */
  readonly limits: readonly ConnectionLimit[];
  readonly leftovers: readonly Leftover[];
  /** Users that the stack deletes, and that are there. */
  readonly unwantedUsers: readonly string[];
  readonly fleets: readonly FleetStatus[];
  /** Absent for a broker at a URL. */
  readonly drift?: readonly DriftedObject[];
  /** Null where there was none yet; absent for a broker at a URL. */
  readonly lastUp?: LastUp | null;
  readonly certificates?: readonly FoundCertificate[];
}

export type QueueRole = 'work' | 'dead-letters' | 'delay';

export interface QueueStatus extends QueueFigures {
  readonly role: QueueRole;
  /** `always`: the topology has workers for it that never all stand still. `unknown`: it has none. */
  readonly consumersWanted: 'always' | 'when-needed' | 'unknown';
  /** The topology's own threshold (`alerts.depth`). */
  readonly depthMax?: number;
  /** By its policies and arguments, as the broker has them. */
  readonly maxLength?: number;
  /** Made by a client for itself, or one of many of a family: nobody has to consume from it. */
  readonly isPassing: boolean;
}

export interface ConnectionLimit {
  readonly of: 'user' | 'vhost';
  readonly name: string;
  readonly what: 'connections' | 'queues';
  readonly used: number;
  readonly max: number;
}

export interface Leftover {
  readonly what: string;
  readonly wayOut: string;
}

export interface FleetStatus {
  readonly name: string;
  readonly vhost: string;
  readonly queues: readonly string[];
  readonly replicasMin: number;
  readonly replicasMax: number;
  /** Containers that run, or pods that are ready; absent where nobody can be asked. */
  readonly replicasRunning?: number;
  /** Docker hosts that have some of it, and don't answer; absent where there are none. */
  readonly silentHosts?: readonly string[];
  /** Of the queue that has the fewest; absent where the broker doesn't tell. */
  readonly consumers?: number;
}

export interface DriftedObject {
  /** `queue paid@shop`. */
  readonly id: string;
  readonly change: 'added' | 'removed' | 'changed' | 'recreated' | 'renamed';
  /** Of the change that puts it right. */
  readonly class: ChangeClass;
}

export interface LastUp {
  readonly startedAt: Date;
  readonly endedAt?: Date;
  /** `succeeded`, `failed`, `in-progress`: Pulumi's words. */
  readonly result: string;
  /** Without what stayed the same. */
  readonly changes: Readonly<Record<string, number>>;
}
