/** Where a cluster's management API is published, and whether by TLS. */
import { isLoopback } from '../../platform/address';
import type { ClusterSettings } from '../settings';
import type { Topology } from '../../topology/model';

/** Inside of the network. */
export const MANAGEMENT_PORT = 15_672;
export const MANAGEMENT_TLS_PORT = 15_671;

export interface Management {
  readonly isTls: boolean;
  /** Published. */
  readonly port: number;
  /** Of the listener behind it. */
  readonly innerPort: number;
}

type Said = Pick<ClusterSettings, 'managementAddress' | 'managementTls' | 'managementPort'>;

/** By TLS where it leaves the machine and there are certificates, unless the stack says otherwise. */
export function managementOf(settings: Said, broker: Topology['broker']): Management {
  const isTls =
    broker?.tls !== undefined && (settings.managementTls ?? !isLoopback(settings.managementAddress));
  const innerPort = isTls ? MANAGEMENT_TLS_PORT : MANAGEMENT_PORT;
  return { isTls, innerPort, port: settings.managementPort ?? innerPort };
}
