/** How nodes are spread, stopped and asked, whoever makes them. */
import type { Topology } from '../../topology/model';
import type { ClusterSettings } from '../settings';
import { AMQP_PORT, POD_SELECTOR } from './names';

const HOST = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

/** Nodes of different machines, and as far as can be of different zones. */
export function spreadConstraints({ antiAffinity }: ClusterSettings): readonly object[] {
  const within = (topologyKey: string, whenUnsatisfiable: string): object => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable,
    labelSelector: { matchLabels: POD_SELECTOR },
  });
  return [
    within(HOST, antiAffinity === 'required' ? 'DoNotSchedule' : 'ScheduleAnyway'),
    within(ZONE, 'ScheduleAnyway'),
  ];
}

/** Memory that is requested is all there is, so that no node is killed for what another one took. */
export function resourcesOf({ memory, cpu }: ClusterSettings): object {
  return { requests: { cpu, memory }, limits: { memory } };
}

/** A node takes messages when it listens; the port has a name that says how. */
export function readinessProbe({ broker }: Topology): object {
  const isTlsOnly = broker?.tls?.only === true;
  return {
    tcpSocket: { port: isTlsOnly ? 'amqps' : 'amqp' },
    periodSeconds: 5,
    timeoutSeconds: 5,
    failureThreshold: 3,
  };
}

export function graceSeconds({ gracePeriodMs }: ClusterSettings): number {
  return Math.ceil(gracePeriodMs / 1000);
}

/** Ports by the names that the operator gives them. */
export function amqpPorts({ broker }: Topology): readonly { readonly name: string; readonly port: number }[] {
  const { tls } = broker ?? {};
  return [
    ...(tls?.only === true ? [] : [{ name: 'amqp', port: AMQP_PORT }]),
    ...(tls === undefined ? [] : [{ name: 'amqps', port: tls.port }]),
  ];
}
