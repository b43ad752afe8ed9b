/** How nodes are spread, stopped and asked, whoever makes them. */
import type { Topology } from '../../topology/model';
import type { ClusterSettings } from '../settings';
import { AMQP_PORT, POD_SELECTOR, type Port } from './names';
import { pluginPorts } from './pluginListeners';

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
export function amqpPorts({ broker }: Topology): readonly [Port, ...Port[]] {
  const { tls } = broker ?? {};
  const plain = { name: 'amqp', port: AMQP_PORT };
  if (tls === undefined) return [plain];
  const encrypted = { name: 'amqps', port: tls.port };
  return tls.only ? [encrypted] : [plain, encrypted];
}

/** Of everything that publishes and consumes: AMQP, and what the topology's plugins speak. */
export function clientPorts(topology: Topology): readonly Port[] {
  return [...amqpPorts(topology), ...pluginPorts(topology)];
}
