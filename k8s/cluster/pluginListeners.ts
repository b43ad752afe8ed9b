/** What the topology's plugins listen on for clients, at the ports that RabbitMQ has for them unless told otherwise. */
import { additionalPlugins, tlsFiles, type ConfLine } from '../../platform/nodeConf';
import type { Topology } from '../../topology/model';
import type { Port } from './names';

interface Listeners {
  /** Begins its keys in rabbitmq.conf. */
  readonly setting: string;
  readonly plain: number;
  readonly encrypted: number;
  /** It goes by none of `ssl_options`. */
  readonly isWeb?: true;
}

const STREAM: Listeners = { setting: 'stream', plain: 5552, encrypted: 5551 };
const LISTENERS = new Map<string, Listeners>([
  ['rabbitmq_stream', STREAM],
  // Has the other one enabled.
  ['rabbitmq_stream_management', STREAM],
  ['rabbitmq_mqtt', { setting: 'mqtt', plain: 1883, encrypted: 8883 }],
  ['rabbitmq_stomp', { setting: 'stomp', plain: 61_613, encrypted: 61_614 }],
  ['rabbitmq_web_mqtt', { setting: 'web_mqtt', plain: 15_675, encrypted: 15_676, isWeb: true }],
  ['rabbitmq_web_stomp', { setting: 'web_stomp', plain: 15_674, encrypted: 15_673, isWeb: true }],
]);

function listenersOf(topology: Topology): readonly Listeners[] {
  return [...new Set(additionalPlugins(topology).flatMap((plugin) => LISTENERS.get(plugin) ?? []))];
}

/** By names as the operator gives them. */
export function pluginPorts(topology: Topology): readonly Port[] {
  const tls = topology.broker?.tls;
  return listenersOf(topology).flatMap(({ setting, plain, encrypted, isWeb }) => {
    const name = setting.replaceAll('_', '-');
    return [
      ...(tls?.only === true ? [] : [{ name, port: plain }]),
      ...(tls === undefined ? [] : [{ name: isWeb ? `${name}-tls` : `${name}s`, port: encrypted }]),
    ];
  });
}

/** With them the plugins have TLS where AMQP has it, as the operator sees to by itself. */
export function pluginTlsLines(topology: Topology): ConfLine[] {
  const { tls, conf = {} } = topology.broker ?? {};
  if (tls === undefined) return [];
  return listenersOf(topology).flatMap(({ setting, encrypted, isWeb }): ConfLine[] => {
    const listener = isWeb ? `${setting}.ssl` : `${setting}.listeners.ssl`;
    // Who says it himself may have given it another name.
    if (Object.keys(conf).some((key) => key.startsWith(listener))) return [];
    const plain = isWeb ? `${setting}.tcp.listener` : `${setting}.listeners.tcp`;
    return [
      ...(isWeb
        ? [[`${listener}.port`, encrypted] as const, ...tlsFiles(listener)]
        : [[`${listener}.default`, encrypted] as const]),
      ...(tls.only ? [[plain, 'none'] as const] : []),
    ];
  });
}
