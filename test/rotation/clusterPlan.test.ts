/** What is still to be done for a cluster's authority, certificate and cookie, whatever a rotation was ended by. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RotatedCluster } from '../../cli/rotation/cluster';
import {
  planAuthority,
  planCertificate,
  planCookie,
  type ClusterSecret,
} from '../../cli/rotation/clusterPlan';
import { quoted } from '../../cli/rotation/handOver';
import type { RotatedStack } from '../../cli/rotation/stack';

interface World {
  /** In the settings. */
  wanted: [number, ...number[]];
  /** What the last `up` has made. */
  up: [number, ...number[]];
}

/** What `warren rotate --authority` does, ended before its step number `ending`; false where it came to its end. */
function rotate(world: World, ending: number, seen: (from: number[], to: number[]) => void): boolean {
  let step = 0;
  const isEnded = (): boolean => step++ >= ending;
  for (const { value } of planAuthority({ wanted: world.wanted, made: world.up }, false).stages) {
    if (isEnded()) return true;
    world.wanted = [...(value as number[])] as World['wanted'];
    if (isEnded()) return true;
    seen(world.up, world.wanted);
    world.up = world.wanted;
  }
  return false;
}

describe('another authority', () => {
  it('comes in three changes, and after each of them nobody meets a certificate that he does not trust', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7), { maxLength: 8 }), (endings) => {
        const world: World = { wanted: [1], up: [1] };
        // Also in the middle of an `up`, when some have what was and others have what comes.
        const seen = (from: number[], to: number[]): void => {
          expect(from).toContain(to[0]);
          expect(to).toContain(from[0]);
        };
        let rounds = 0;
        for (const ending of [...endings, 99]) if (!rotate(world, ending, seen)) rounds++;
        expect(world).toEqual({ wanted: [rounds + 1], up: [rounds + 1] });
      }),
    );
  });

  it('goes on with what somebody has begun by hand, in whatever order', () => {
    const lists = (wanted: [number, ...number[]], made: number[]): unknown =>
      planAuthority({ wanted, made }, false).stages.map(({ value }) => value);
    expect(lists([1, 3], [1])).toEqual([[1, 3], [3, 1], [3]]);
    expect(lists([3, 1], [1, 3])).toEqual([[3, 1], [3]]);
    expect(lists([2, 1, 4], [1, 2])).toEqual([[2, 1, 4], [4, 2, 1], [4]]);
    expect(lists([2], [1, 2])).toEqual([[2]]);
    expect(lists([5], [5])).toEqual([[5, 6], [6, 5], [6]]);
  });

  it('ends the old one at once in an emergency', () => {
    const plan = (wanted: [number, ...number[]], made: number[]): unknown =>
      planAuthority({ wanted, made }, true).stages.map(({ value }) => value);
    expect(plan([1], [1])).toEqual([[2]]);
    expect(plan([1, 2], [1])).toEqual([[2]]);
    expect(plan([2], [1, 2])).toEqual([[2]]);
  });
});

it('a number of a certificate or a cookie that no up has made is gone on with', () => {
  for (const plan of [planCertificate, planCookie]) {
    expect(plan({ wanted: 1, made: 1 })).toMatchObject({ isNew: true, stages: [{ value: 2 }] });
    expect(plan({ wanted: 2, made: 1 })).toMatchObject({ isNew: false, stages: [{ value: 2 }] });
    // Somebody has taken it back.
    expect(plan({ wanted: 1, made: 2 })).toMatchObject({ isNew: false, stages: [{ value: 1 }] });
  }
});

describe('a stack without such a secret of its own is told so', () => {
  const TLS = { broker: { tls: {} } };
  it.each<[ClusterSecret, unknown, object, RegExp]>([
    ['cookie', undefined, {}, /has no cluster of its own/],
    ['cookie', { workers: {} }, {}, /has no cluster of its own/],
    ['cookie', '{"cluster": {}}', {}, /is one JSON text/],
    ['authority', { cluster: null }, {}, /has no certificates\. They come with `broker: \{tls: \{\}\}`/],
    ['certificate', { cluster: { tls: { ca: 'ca.pem' } } }, TLS, /are given as files .* renews them/],
  ])('--%s with %j', (secret, docker, topology, words) => {
    const stack = { config: { docker }, stack: 'test', topology, settingsFile: 'Pulumi.test.yaml' };
    expect(() => new RotatedCluster(stack as unknown as RotatedStack, secret)).toThrow(words);
  });

  it.each<[ClusterSecret, unknown, object, RegExp]>([
    ['certificate', { workers: {} }, TLS, /has no cluster of its own/],
    ['authority', { cluster: { tls: { secret: 's', ca: 'ca.pem' } } }, TLS, /are given in a Secret \(kube/],
    [
      'certificate',
      { cluster: { tls: { issuer: 'i', ca: 'ca.pem' } } },
      TLS,
      /cert-manager's .* cmctl renew/,
    ],
    ['cookie', { cluster: {} }, TLS, /is the cluster operator's.*another stack .* or, .* delete the Secret/],
    [
      'cookie',
      { cluster: { by: 'statefulSet' } },
      TLS,
      /is derived from its seed.*another stack with a seed/,
    ],
  ])('--%s on Kubernetes with %j', (secret, kubernetes, topology, words) => {
    const stack = { config: { kubernetes }, stack: 'test', topology, settingsFile: 'Pulumi.test.yaml' };
    expect(() => new RotatedCluster(stack as unknown as RotatedStack, secret)).toThrow(words);
  });

  it('on Docker it may have clients outside where something is published beyond the machine', () => {
    const outsidersOf = (cluster: object): string | undefined => {
      const stack = { config: { docker: { cluster } }, topology: TLS };
      return new RotatedCluster(stack as unknown as RotatedStack, 'authority').outsiders;
    };
    expect(outsidersOf({})).toBeUndefined();
    expect(outsidersOf({ address: '10.0.0.5' })).toContain('AMQP is published on 10.0.0.5');
    expect(outsidersOf({ managementAddress: '0.0.0.0' })).toContain('management API is published on 0.0.0.0');
    expect(outsidersOf({ managementAddress: '0.0.0.0', managementTls: false })).toBeUndefined();
  });

  it('on Kubernetes it is one with other settings, and with clients outside where it says so', () => {
    const outsidersOf = (cluster: object): string | undefined => {
      const stack = { config: { kubernetes: { cluster } }, topology: TLS };
      const rotated = new RotatedCluster(stack as unknown as RotatedStack, 'authority');
      expect(rotated.settingOf('authority').join('.')).toBe('kubernetes.cluster.tls.authorities');
      expect(rotated.settingOf('certificate').join('.')).toBe('kubernetes.cluster.tls.generation');
      expect(rotated.handOverSetting.join('.')).toBe('kubernetes.cluster.tls.handOver');
      return rotated.outsiders;
    };
    expect(outsidersOf({})).toBeUndefined();
    expect(outsidersOf({ networkPolicy: { metrics: ['monitoring'] } })).toBeUndefined();
    expect(outsidersOf({ service: 'NodePort' })).toContain('Service of type NodePort');
    expect(outsidersOf({ networkPolicy: false })).toContain('keeps nobody away');
    expect(outsidersOf({ networkPolicy: { clients: ['shop'] } })).toContain('namespace shop');
    expect(outsidersOf({ networkPolicy: { clients: [] } })).toBeUndefined();
  });

  it.each([['one'], [0], [1.5]])('and so is a number that is %j', (cookie) => {
    const stack = { config: { docker: { cluster: { cookie } } }, exported: { deployment: {} } };
    const cluster = new RotatedCluster(stack as unknown as RotatedStack, 'cookie');
    expect(() => cluster.cookie).toThrow(/docker\.cluster\.cookie must be a whole number from 1/);
  });
});

it('values of a .env have quotes only where a shell or dotenv needs them', () => {
  expect(quoted('amqps://rabbit-1.example:5671')).toBe('amqps://rabbit-1.example:5671');
  expect(quoted('a b#c$d')).toBe("'a b#c$d'");
  expect(quoted("it's")).toBe('"it\'s"');
  expect(quoted(`it's "$5"`)).toBe(`'it'\\''s "$5"'`);
});
