/** The objects of a cluster: who is let in, what rolls its pods, and what its Secrets say. */
import { describe, expect, it } from 'vitest';
import { clusterSecrets } from '../../../k8s/cluster/secrets';
import { manifestsFor, topologyOf } from './examples';

interface Port {
  readonly port: number;
}

interface Rule {
  readonly from?: readonly object[];
  readonly ports: readonly Port[];
}

function specOf(kind: string, name: string, broker: string, cluster: object): unknown {
  const topology = topologyOf(`warren: 1\ntarget: '4.3'\nbroker: ${broker}\n`);
  const { objects } = manifestsFor(topology, { cluster });
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found.spec;
}

function rulesOf(broker: string, cluster: object): readonly Rule[] {
  return (specOf('NetworkPolicy', 'rabbitmq', broker, cluster) as { readonly ingress: readonly Rule[] })
    .ingress;
}

describe('the network policy', () => {
  const ports = (rules: readonly Rule[]): number[][] =>
    rules.map((rule) => rule.ports.map(({ port }) => port));

  it('lets nobody in from outside where nothing is published', () => {
    const rules = rulesOf('{ nodes: 3 }', {});
    expect(ports(rules)).toEqual([[5672], [15_672, 15_671], [4369, 25_672, 35_672]]);
    expect(rules.every(({ from }) => from !== undefined && !JSON.stringify(from).includes('ipBlock'))).toBe(
      true,
    );
  });

  it.each(['LoadBalancer', 'NodePort'])('lets every client of a %s in, to AMQP and no further', (service) => {
    const [clients, ...others] = rulesOf('{ tls: { port: 5671 } }', { service });
    expect(clients).toEqual({ ports: [5672, 5671].map((port) => ({ protocol: 'TCP', port })) });
    for (const { from } of others) expect(from?.length).toBeGreaterThan(0);
  });

  it('lets in from outside whom the stack names, to AMQP and the management API, and never to the nodes’ own ports', () => {
    const cidr = '203.0.113.0/24';
    const settings = { service: 'LoadBalancer', networkPolicy: { cidrs: [cidr] } };
    const outside = { ipBlock: { cidr } };
    const [clients, management, nodes] = rulesOf('{}', settings);
    expect(clients?.from).toEqual([{ podSelector: {} }, outside]);
    expect(management?.from).toContainEqual(outside);
    expect(nodes?.from).toEqual([{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'rabbitmq' } } }]);
  });

  it('has the ports of the topology’s plugins: with TLS alone, no others', () => {
    const plugins = 'plugins: [rabbitmq_stream, rabbitmq_stream_management, rabbitmq_mqtt, rabbitmq_stomp]';
    expect(ports(rulesOf(`{ ${plugins} }`, {}))[0]).toEqual([5672, 5552, 1883, 61_613]);
    expect(ports(rulesOf(`{ ${plugins}, tls: { only: true } }`, {}))[0]).toEqual([5671, 5551, 8883, 61_614]);
    expect(ports(rulesOf('{ plugins: [rabbitmq_web_mqtt, rabbitmq_web_stomp] }', {}))[0]).toEqual([
      ...[5672, 15_675, 15_674],
    ]);
  });
});

describe('a StatefulSet', () => {
  const cluster = { by: 'statefulSet' };
  const annotationsOf = (broker: string): Readonly<Record<string, string>> => {
    const spec = specOf('StatefulSet', 'rabbitmq-server', broker, cluster) as {
      template: { metadata: { annotations: Readonly<Record<string, string>> } };
    };
    return spec.template.metadata.annotations;
  };

  it('replaces its pods for other plugins, which nodes read at their start', () => {
    // Pods of stacks without any are as they always were.
    expect(Object.keys(annotationsOf('{ plugins: [rabbitmq_management] }'))).toEqual(['warren/conf']);
    const [shovel, both] = ['rabbitmq_shovel', 'rabbitmq_shovel, rabbitmq_stream'].map((plugins) =>
      annotationsOf(`{ plugins: [${plugins}] }`),
    );
    expect(shovel).not.toEqual(annotationsOf('{}'));
    expect(shovel).not.toEqual(both);
  });

  it('has TLS at the plugins’ ports, too, and nothing else where it is to be alone', () => {
    const plugins = 'plugins: [rabbitmq_stream, rabbitmq_web_mqtt]';
    const confOf = (tls: string, conf = '{}'): string =>
      annotationsOf(`{ ${plugins}, tls: ${tls}, conf: ${conf} }`)['warren/conf'] ?? '';
    const lines = confOf('{ only: true }').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        ...['stream.listeners.ssl.default = 5551', 'stream.listeners.tcp = none'],
        ...['web_mqtt.ssl.port = 15676', 'web_mqtt.tcp.listener = none'],
        'web_mqtt.ssl.keyfile = /etc/rabbitmq/tls/tls.key',
      ]),
    );
    expect(confOf('{ port: 5671 }')).not.toMatch(/(stream|web_mqtt).*none/);
    expect(confOf('{ port: 5671 }', "{ 'stream.listeners.ssl.1': 6000 }").match(/^stream.*/gm)).toEqual([
      'stream.listeners.ssl.1 = 6000',
    ]);
    expect(annotationsOf(`{ ${plugins} }`)['warren/conf']).not.toContain('stream');
  });

  it('has a Service that leads to the plugins’ ports', () => {
    const { ports } = specOf('Service', 'rabbitmq', '{ plugins: [rabbitmq_stream] }', cluster) as {
      ports: readonly Port[];
    };
    expect(ports).toContainEqual({ name: 'stream', port: 5552, targetPort: 5552, protocol: 'TCP' });
  });
});

it.each([
  ['{}', '5672'],
  ['{ tls: { port: 5681 } }', '5672'],
  ['{ tls: { port: 5681, only: true } }', '5681'],
])('the administrator’s Secret says where AMQP is: broker: %s', (broker, port) => {
  const topology = topologyOf(`warren: 1\ntarget: '4.3'\nbroker: ${broker}\n`);
  const login = { admin: { username: 'a', password: 'b' }, topology };
  const [admin] = clusterSecrets(login, { namespace: 'n', instance: 'i' }, '');
  expect(admin?.stringData).toMatchObject({ host: 'rabbitmq.n.svc', port });
});
