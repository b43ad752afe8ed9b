/** How many workers there have to be: what a stack says in place of the topology counts, and so do its hosts. */
import { describe, expect, it } from 'vitest';
import type { QueueFigures } from '../../broker/figures/queueFigures';
import { asInStack, fleetsOf } from '../../cli/status/stackFleets';
import { watchedQueues } from '../../topology/render/monitoring/watchedQueues';
import { loaded } from '../monitoring/topology';

const { topology, objects } = loaded(
  `warren: 1
vhosts: { shop: { queues: { paid: , mail: } } }
users: { shop: { roles: { shop: { consumer: [paid, mail] } } } }
workers:
  paid: { vhost: shop, user: shop, queues: [paid], replicas: 3 }
  mail: { vhost: shop, user: shop, queues: [mail], autoscale: { min: 1, max: 4 } }
`,
  '4.3',
);
const HOSTS = { 'gpu-1': 'tcp://10.0.0.7:2376', 'gpu-2': 'tcp://10.0.0.8:2376' };
const BOTH = Object.keys(HOSTS);

/** From how many to how many, by fleet. */
function sizesIn(config: object): readonly string[] {
  const found = fleetsOf(asInStack(topology, { ...config }), [], new Map());
  return found.map(({ replicasMin, replicasMax }) => `${replicasMin}-${replicasMax}`);
}

describe('workers that there have to be', () => {
  it.each<[string, object, readonly string[]]>([
    ['the topology alone', {}, ['3-3', '1-4']],
    ['a stack that says nothing', { docker: { cluster: {} } }, ['3-3', '1-4']],
    ['fewer on Docker', { docker: { workers: { paid: { replicas: 1 } } } }, ['1-1', '1-4']],
    ['more on Kubernetes', { kubernetes: { workers: { paid: { replicas: 8 } } } }, ['8-8', '1-4']],
    ['for all', { docker: { workers: { '*': { replicas: 2 } } } }, ['2-2', '1-4']],
    [
      'on two hosts',
      { docker: { hosts: HOSTS, workers: { '*': { hosts: BOTH }, paid: { replicas: 2 } } } },
      ['4-4', '2-8'],
    ],
    ['none', { kubernetes: { workers: { paid: { replicas: 0 } } } }, ['0-0', '1-4']],
  ])('%s', (_, config, expected) => {
    expect(sizesIn(config)).toEqual(expected);
  });

  it('nobody has to consume where a stack has no workers', () => {
    const wanted = (config: object): readonly string[] =>
      watchedQueues(asInStack(topology, { ...config }), objects).map(({ consumers }) => consumers);
    expect(wanted({})).toEqual(['always', 'always']);
    expect(wanted({ docker: { workers: { paid: { replicas: 0 } } } })).toEqual(['when-needed', 'always']);
  });

  it('settings that an up refuses are told', () => {
    expect(() => sizesIn({ docker: { workers: { paid: { replicas: -1 } } } })).toThrow(
      /docker\.workers\.paid\.replicas/,
    );
  });
});

it('a fleet has the consumers of the queue that has the fewest', () => {
  const queue = (name: string, consumers: number) => ({ vhost: 'shop', name, consumers }) as QueueFigures;
  const [paid] = fleetsOf(
    topology,
    [queue('paid', 2), queue('mail', 1)],
    new Map([['paid', { replicas: 3, silentHosts: ['tcp://far'] }]]),
  );
  expect(paid).toMatchObject({ replicasRunning: 3, silentHosts: ['tcp://far'], consumers: 2 });
});

it('says whom nobody answers for, where none of a fleet’s hosts does', () => {
  const [paid] = fleetsOf(topology, [], new Map([['paid', { silentHosts: ['tcp://far'] }]]));
  expect(paid).toMatchObject({ silentHosts: ['tcp://far'] });
  expect(paid).not.toHaveProperty('replicasRunning');
});
