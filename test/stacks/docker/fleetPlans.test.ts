import { describe, expect, it } from 'vitest';
import { readDockerSettings } from '../../../docker/settings';
import { otherConsumers, planFleets } from '../../../stacks/fleetPlans';
import type { Settings } from '../../../stacks/settings';
import { load } from '../../../topology/index';

const TOPOLOGY = `warren: 1
vhosts: { shop: { queues: { paid: { maxLength: 5 } } } }
users: { till: { roles: { shop: { consumer: [paid] } } } }
workers:
  a b: { vhost: shop, user: till, queues: [paid], command: [python, -m, till] }
`;

/** @param amqp of a broker that is there, whose management API is at `connection` */
function plan(
  workers: string,
  docker: object,
  amqp?: string,
  connection: object = BROKER,
  warn: (text: string) => void = () => undefined,
) {
  const { topology } = load(TOPOLOGY + workers, 'topology.yaml', {});
  if (topology === undefined) throw new Error('the topology has errors');
  const settings = { stack: 'dev', amqp, connection } as unknown as Settings;
  return planFleets({ settings, docker: readDockerSettings(docker), topology }, warn);
}

const BROKER = { endpoint: 'http://broker:15672' };
const HOSTS = { hosts: { north: 'tcp://north:2376', south: 'tcp://south:2376' } };
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

  it('are told of a file of authorities only where there is one', () => {
    const there = { network: 'n', workers: { '*': { image: 'till' } } };
    const filesOf = (amqp: string, connection: object): string[] | undefined =>
      plan('', there, amqp, connection)[0]?.plan.environment.filter((line) => line.includes('_CA_FILE='));
    const known = { ...BROKER, cacertFile: 'ca.pem' };
    expect(filesOf('amqps://broker', known)).toEqual(['RABBITMQ_CA_FILE=/run/secrets/rabbitmq/ca.crt']);
    expect(filesOf('amqps://broker', BROKER)).toEqual([]);
    expect(filesOf('amqp://broker', known)).toEqual([]);
  });

  it('are refused where the scaler, in its container, would look for the broker in itself', () => {
    const scaled = '  b: { vhost: shop, user: till, queues: [paid], autoscale: { min: 0, max: 4 } }\n';
    const there = { network: 'n', workers: { '*': { image: 'till' } } };
    const own = { endpoint: 'http://b:15672', endpoints: ['http://b:15672', 'http://127.0.0.1:15672/api'] };
    expect(() => plan(scaled, there, 'amqp://b', own)).toThrow(
      /"http:\/\/127\.0\.0\.1:15672" is this machine's own loopback address, .* docker\.scaler false --stack dev/,
    );
    expect(() => plan(scaled, { ...there, scaler: false }, 'amqp://b', own)).not.toThrow();
    expect(() => plan('', there, 'amqp://b', own)).not.toThrow();
    expect(() => plan(scaled, CLUSTER, undefined, own)).not.toThrow();
  });

  describe('whose scaler checks certificates, which `up` does not', () => {
    const scaled = '  b: { vhost: shop, user: till, queues: [paid], autoscale: { min: 0, max: 4 } }\n';
    const there = { network: 'n', workers: { '*': { image: 'till' } } };
    const any = { endpoint: 'http://b', endpoints: ['http://b', 'https://b:15671'], insecure: true };
    const warningsOf = (connection: object, docker: object = there, workers = scaled): string[] => {
      const warnings: string[] = [];
      plan(workers, docker, 'amqp://b', connection, (text) => warnings.push(text));
      return warnings;
    };

    it('are refused where nobody says by which authority', () => {
      expect(() => warningsOf(any)).toThrow(
        /^insecure .*https:\/\/b:15671, but the scaler, in a container, .* no fleet is scaled\. .* config rm insecure --stack dev\. .* cacertFile FILE --stack dev; or .* docker\.scaler false --stack dev$/,
      );
    });

    it('are warned of where it may fail by the authority that is named', () => {
      expect(warningsOf({ ...any, cacertFile: 'ca.pem' })).toEqual([
        expect.stringMatching(
          /the scaler, in a container, will check it by cacertFile.* no fleet is scaled.* config rm insecure --stack dev$/,
        ),
      ]);
    });

    it('are warned of where it would show no certificate, and `up` has one', () => {
      const own = { endpoint: 'https://b:15671', clientcertFile: 'own.pem', clientkeyFile: 'own.key' };
      expect(warningsOf(own)).toEqual([
        expect.stringMatching(
          /^clientcertFile is for `up` alone: the scaler, .* show https:\/\/b:15671 no certificate\. .* scalerClientcertFile FILE --stack dev && .* scalerClientkeyFile FILE --stack dev; or .* docker\.scaler false/,
        ),
      ]);
      expect(warningsOf({ ...own, scalerClientcertFile: 'its.pem' })).toEqual([]);
      expect(warningsOf({ ...own, endpoint: 'http://b:15672' })).toEqual([]);
      expect(warningsOf(own, { ...there, scaler: false })).toEqual([]);
    });

    it('are fine where there is nothing to check, or nobody who does', () => {
      expect(warningsOf({ ...any, insecure: false })).toEqual([]);
      expect(warningsOf({ endpoint: 'http://b', insecure: true })).toEqual([]);
      expect(warningsOf(any, { ...there, scaler: false })).toEqual([]);
      expect(warningsOf(any, there, '')).toEqual([]);
      expect(warningsOf(any, CLUSTER)).toEqual([]);
    });
  });

  it('on several Docker hosts have their consumers counted together', () => {
    const workers = { '*': { image: 'till', hosts: ['north', 'south'] } };
    const more = '  b: { vhost: shop, user: till, queues: [paid], command: [b], replicas: 3 }\n';
    const fleets = plan(more, { ...HOSTS, cluster: {}, workers }, 'amqp://broker');
    expect(fleets.map(({ hostName }) => hostName)).toEqual(['north', 'south', 'north', 'south']);
    expect(fleets.map((fleet) => otherConsumers(fleet, fleets))).toEqual(
      [7, 7, 5, 5].map((paid) => ({ paid })),
    );
    const [alone] = plan('', CLUSTER);
    if (alone === undefined) throw new Error('no fleet');
    expect(otherConsumers(alone, [alone])).toEqual({});
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
    [
      '  a b-north: { vhost: shop, user: till, queues: [paid] }\n',
      { ...CLUSTER, ...HOSTS, workers: { '*': { image: 'till' }, 'a b': { hosts: ['north'] } } },
      /a container of the name a-b-north-1/,
      'amqp://broker',
    ],
    [
      '',
      { ...CLUSTER, ...HOSTS, workers: { '*': { image: 'till', hosts: ['north'] } } },
      /"a b" on the Docker host "north" don't reach the cluster at amqp:\/\/127\.0\.0\.1, .* docker\.cluster\.address/,
      'amqp://127.0.0.1',
    ],
  ] as [string, object, RegExp, string?][])(
    'are refused before anything is made: %j %j',
    (workers, docker, message, amqp?) => {
      expect(() => plan(workers, docker, amqp)).toThrow(message);
    },
  );

  it.each([
    ['amqp://user:password@broker', /without a user/],
    ['http://broker', /is no address of a broker/],
    ['amqp://127.0.0.1', /own loopback address/],
  ])('take no address such as %s', (amqp, message) => {
    expect(() => plan('', { network: 'n', workers: { '*': { image: 'till' } } }, amqp)).toThrow(message);
  });
});
