import { describe, expect, it } from 'vitest';
import { nodeConf } from '../../../docker/cluster/conf';
import { haproxyConf } from '../../../docker/cluster/haproxy';
import { amqpUrl } from '../../../platform/address';
import { planFleet, urlEntrypoint } from '../../../platform/fleetPlan';
import { enabledPlugins, loginConf } from '../../../platform/nodeConf';
import { load } from '../../../topology/index';
import type { Topology } from '../../../topology/model';
import { upgradeObstacle } from '../../../topology/target';

function topologyOf(text: string): Topology {
  const { topology, diagnostics } = load(`warren: 1\n${text}`, 'test.yaml');
  if (topology === undefined) throw new Error(JSON.stringify(diagnostics));
  return topology;
}

const ADDRESS = { scheme: 'amqp', host: 'rabbitmq', port: 5672 } as const;

describe('rabbitmq.conf of a node', () => {
  const topology = topologyOf('broker: { heartbeat: 30s, conf: { cluster_partition_handling: autoheal } }');
  const conf = (number: number, nodes: number): string =>
    nodeConf(topology, {
      clusterName: 'c',
      number,
      nodes,
      isBehindProxy: nodes > 1,
      hasManagementTls: false,
    });
  const peers = (text: string): string[] =>
    [...text.matchAll(/classic_config\.nodes\.\d+ = (\S+)/g)].map(([, name]) => name ?? '');

  it('names only nodes that are there, and one more changes nothing for the others', () => {
    expect(peers(conf(1, 1))).toEqual(['rabbit@rabbitmq-1']);
    expect(peers(conf(1, 3))).toEqual(['rabbit@rabbitmq-1', 'rabbit@rabbitmq-2', 'rabbit@rabbitmq-3']);
    for (const number of [1, 2, 3]) expect(conf(number, 5)).toBe(conf(number, 3));
    expect(peers(conf(4, 5))).toHaveLength(4);
    expect(peers(conf(5, 5))).toHaveLength(5);
  });

  it('leaves to the topology what that says itself', () => {
    expect(conf(1, 3)).toContain('cluster_partition_handling = autoheal');
    expect(conf(1, 3)).not.toContain('pause_minority');
    expect(conf(1, 3)).toContain('heartbeat = 30\n');
    expect(conf(1, 3)).toContain('proxy_protocol = true');
    expect(conf(1, 1)).not.toContain('proxy_protocol');
  });

  it('counts a share of the memory from the limit of the container', () => {
    const limited = nodeConf(topology, {
      clusterName: 'c',
      number: 1,
      nodes: 1,
      isBehindProxy: false,
      hasManagementTls: false,
      memoryBytes: 2 ** 30,
    });
    expect(limited).toContain('total_memory_available_override_value = 1073741824');
  });

  it('has the plugins of the topology beside its own, and a first user', () => {
    expect(enabledPlugins(topologyOf('broker: { plugins: [rabbitmq_shovel, rabbitmq_management] }'))).toBe(
      '[rabbitmq_management,rabbitmq_prometheus,rabbitmq_shovel].\n',
    );
    expect(loginConf({ username: 'u', password: 'p' })).toBe('default_user = u\ndefault_pass = p\n');
  });
});

it('HAProxy has room for five nodes, so that none that joins restarts it', () => {
  const conf = haproxyConf([{ name: 'amqp', port: 5672, isProxyProtocol: true, isAtOneNode: false }], 1000);
  expect(conf.match(/^ {2}server /gm)).toHaveLength(5);
  expect(conf).toContain('server rabbitmq-5 rabbitmq-5:5672 send-proxy-v2');
  // Of each node, and some for the management API.
  expect(conf).toContain('maxconn 6000\n');
  expect(haproxyConf([], undefined)).toContain('maxconn 20000\n');
});

describe('a fleet', () => {
  const topology = topologyOf(`
vhosts: { 'a b': { queues: { jobs: }, families: { 'user.{id}': { ttl: 1m } } } }
users: { worker: { permissions: { 'a b': { configure: '', write: '', read: '^jobs$' } } } }
workers:
  jobs: { vhost: 'a b', user: worker, queues: [jobs, 'user.{id}'], replicas: 2, prefetch: 5, longestTask: 90s, env: { LEVEL: 3 }, command: [python, -m, x] }
  tasks: { vhost: 'a b', user: worker, queues: [jobs], command: [celery, -A, app, worker], autoscale: { min: 0, max: 4 } }
  nobody: { vhost: 'a b', queues: [jobs] }
  rabbitmq: { vhost: 'a b', user: worker, queues: [jobs] }
`);
  const plan = (name: string, settings = {}) => {
    const worker = topology.workers.find((one) => one.name === name);
    if (worker === undefined) throw new Error(name);
    return planFleet(worker, topology, settings, { address: ADDRESS, isAuthorityKnown: false });
  };

  it('knows its queues, its environment without a password, and how long a stop may take', () => {
    expect(plan('jobs')).toMatchObject({
      queues: ['jobs'],
      replicasMax: 2,
      replicasMin: 2,
      isScaled: false,
      graceSeconds: 90,
    });
    expect(plan('jobs').environment).toEqual(
      expect.arrayContaining([
        'RABBITMQ_VHOST=a b',
        'WARREN_QUEUES=jobs,user.{id}',
        'WARREN_PREFETCH=5',
        'LEVEL=3',
      ]),
    );
    expect(plan('jobs').urlVariable).toBeUndefined();
    expect(plan('jobs', { replicas: 7 }).replicasMax).toBe(7);
  });

  it('that scales has all containers it may need, and runs the fewest', () => {
    expect(plan('tasks')).toMatchObject({ replicasMax: 4, replicasMin: 0, isScaled: true, graceSeconds: 30 });
    expect(plan('tasks').urlVariable).toBe('CELERY_BROKER_URL');
  });

  it('is refused where the topology leaves open who it is', () => {
    expect(() => plan('nobody')).toThrow(/The workers "nobody" have no user in the topology/);
    expect(() => plan('rabbitmq')).toThrow(/would have the names of the cluster's nodes/);
  });

  it('gets a URL in which every character of a name is safe', () => {
    expect(amqpUrl(ADDRESS, { username: 'a@b', password: 'p/w?', vhost: 'a b/c' })).toBe(
      'amqp://a%40b:p%2Fw%3F@rabbitmq:5672/a%20b%2Fc',
    );
    expect(urlEntrypoint('X')[2]).toBe('X="$(cat /run/secrets/rabbitmq/url)" && export X && exec "$@"');
  });
});

it('upgrades go by the hops that RabbitMQ supports', () => {
  expect(upgradeObstacle('3.13', '4.2')).toBeUndefined();
  expect(upgradeObstacle('4.2', '4.3')).toBeUndefined();
  expect(upgradeObstacle('4.0', '4.0')).toBeUndefined();
  expect(upgradeObstacle('3.10', '4.0')).toMatch(/Go to 3\.11 first/);
  expect(upgradeObstacle('4.0', '4.3')).toMatch(/Go to 4\.2 first.* a stack of 4\.3 beside this one/);
  expect(upgradeObstacle('4.3', '4.0')).toMatch(/is a downgrade/);
});
