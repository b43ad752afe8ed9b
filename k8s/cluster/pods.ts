/** How nodes are spread, stopped and asked, whoever makes them. */
import { additionalPlugins } from '../../platform/nodeConf';
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

export interface Port {
  readonly name: string;
  readonly port: number;
}

/** Ports by the names that the operator gives them. */
export function amqpPorts({ broker }: Topology): readonly [Port, ...Port[]] {
  const { tls } = broker ?? {};
  const plain = { name: 'amqp', port: AMQP_PORT };
  if (tls === undefined) return [plain];
  const encrypted = { name: 'amqps', port: tls.port };
  return tls.only ? [encrypted] : [plain, encrypted];
}

/** A plugin's own listeners, as RabbitMQ has them unless told otherwise: the first in plain text, the second with TLS. */
const STREAM_PORTS = pair('stream', 5552, 'streams', 5551);
const PLUGIN_PORTS = new Map<string, readonly [Port, Port]>([
  ['rabbitmq_stream', STREAM_PORTS],
  // Has the other one enabled.
  ['rabbitmq_stream_management', STREAM_PORTS],
  ['rabbitmq_mqtt', pair('mqtt', 1883, 'mqtts', 8883)],
  ['rabbitmq_web_mqtt', pair('web-mqtt', 15_675, 'web-mqtt-tls', 15_676)],
  ['rabbitmq_stomp', pair('stomp', 61_613, 'stomps', 61_614)],
  ['rabbitmq_web_stomp', pair('web-stomp', 15_674, 'web-stomp-tls', 15_673)],
  ['rabbitmq_web_amqp', pair('web-amqp', 15_678, 'web-amqp-tls', 15_677)],
]);

function pair(
  plain: string,
  plainPort: number,
  encrypted: string,
  encryptedPort: number,
): readonly [Port, Port] {
  return [
    { name: plain, port: plainPort },
    { name: encrypted, port: encryptedPort },
  ];
}

/** Of everything that publishes and consumes: AMQP, and what the topology's plugins speak. */
export function clientPorts(topology: Topology): readonly Port[] {
  const tls = topology.broker?.tls;
  const ofPlugins = additionalPlugins(topology).flatMap((plugin) => {
    const [plain, encrypted] = PLUGIN_PORTS.get(plugin) ?? [];
    if (plain === undefined || encrypted === undefined) return [];
    return [...(tls?.only === true ? [] : [plain]), ...(tls === undefined ? [] : [encrypted])];
  });
  return [...new Set([...amqpPorts(topology), ...ofPlugins])];
}
