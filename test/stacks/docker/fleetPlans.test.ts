import { describe, expect, it } from 'vitest';
import { readDockerSettings } from '../../../docker/settings';
import { planFleets } from '../../../stacks/fleetPlans';
import type { Settings } from '../../../stacks/settings';
import { load } from '../../../topology/index';

const TOPOLOGY = `warren: 1
vhosts: { shop: { queues: { paid: { maxLength: 5 } } } }
users: { till: { roles: { shop: { consumer: [paid] } } } }
workers:
  a b: { vhost: shop, user: till, queues: [paid], command: [python, -m, till] }
`;

/** @param amqp of a broker that is there */
function plan(workers: string, docker: object, amqp?: string) {
  const { topology } = load(TOPOLOGY + workers, 'topology.yaml', {});
  if (topology === undefined) throw new Error('the topology has errors');
  const settings = { stack: 'dev', amqp } as unknown as Settings;
  return planFleets({ settings, docker: readDockerSettings(docker), topology });
}

const CLUSTER = { cluster: {}, workers: { '*': { image: 'till' } } };

describe('fleets', () => {
  it('are planned with the address that their workers have', () => {
    expect(plan('', CLUSTER)).toMatchObject([
      { image: 'till', address: { scheme: 'amqp', host: 'rabbitmq', port: 5672 }, plan: { name: 'a b' } },
    ]);
    const there = { network: 'n', workers: { '*': { image: 'till' } } };
    expect(plan('', there, 'amqps://broker')[0]?.address).toEqual({
      scheme: 'amqps',
      host: 'broker',
      port: 5671,
    });
  });

  it.each([
    ['', { cluster: {} }, /The workers "a b" have no image/],
    [
      '',
      { cluster: {}, workers: { ab: { image: 'till' } } },
      /docker\.workers has the fleet "ab", which is not among/,
    ],
    [
      '  a-b: { vhost: shop, user: till, queues: [paid], replicas: 2 }\n',
      CLUSTER,
      /a container of the name a-b-1/,
    ],
    ['', { network: 'n', workers: { '*': { image: 'till' } } }, /need an address of the broker/],
  ])('are refused before anything is made: %j %j', (workers, docker, message) => {
    expect(() => plan(workers, docker)).toThrow(message);
  });

  it.each([
    ['amqp://user:password@broker', /without a user/],
    ['http://broker', /is no address of a broker/],
    ['amqp://127.0.0.1', /own loopback address/],
  ])('take no address such as %s', (amqp, message) => {
    expect(() => plan('', { network: 'n', workers: { '*': { image: 'till' } } }, amqp)).toThrow(message);
  });
});
