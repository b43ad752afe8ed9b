/** What one look at an object says of it. */
import type { Cluster } from '../../../../kubernetesApi/transport';
import type { KubernetesObject, Kinds } from '../../../../kubernetesApi/objects';

export interface Look {
  readonly isReady: boolean;
  /** It won't get ready any more. */
  readonly isFailed?: boolean;
  /** Why not, each one a line for the user. */
  readonly reasons: readonly string[];
}

export const READY: Look = { isReady: true, reasons: [] };

export interface Looker {
  readonly cluster: Cluster;
  readonly kinds: Kinds;
}

/** Reads what it needs beside the object itself. */
export type Await = (looker: Looker, live: KubernetesObject) => Promise<Look> | Look;

export function waitingFor(...reasons: readonly (string | undefined)[]): Look {
  return { isReady: false, reasons: reasons.filter((reason) => reason !== undefined) };
}

export function failed(...reasons: readonly string[]): Look {
  return { isReady: false, isFailed: true, reasons };
}
