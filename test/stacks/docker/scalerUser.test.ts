import { describe, expect, it } from 'vitest';
import { scalerConfig, type ScalerConfigArgs } from '../../../docker/scalerConfig';
import { readDockerSettings } from '../../../docker/settings';
import { scalerObjects, workersToScale } from '../../../stacks/scalerUser';
import { managementUrls } from '../../../platform/management';
import type { Fleet } from '../../../scaler/config';
import { readConfig } from '../../../scaler/readConfig';
import { load } from '../../../topology/index';

const { topology } = load(
  `
warren: 1
vhosts: { shop: { queues: { jobs: , mails: } }, films: { queues: { clips: } } }
users: { worker: { roles: { shop: { consumer: [jobs, mails] }, films: { consumer: [clips] } } } }
workers:
  jobs: { vhost: shop, user: worker, queues: [jobs], command: [work], autoscale: { min: 0, max: 3 } }
  mails: { vhost: shop, user: worker, queues: [mails], command: [work] }
  clips: { vhost: films, user: worker, queues: [clips], command: [work] }
`,
  'test.yaml',
);
if (topology === undefined) throw new Error('the topology has errors');

function scaled(docker: unknown): readonly string[] {
  if (topology === undefined) return [];
  return workersToScale(readDockerSettings(docker), topology).map(({ name }) => name);
}

describe('the scaler has to do with', () => {
  it('all workers on the first Docker host, as soon as one fleet scales', () => {
    expect(scaled({ cluster: {} })).toEqual(['jobs', 'mails', 'clips']);
    expect(scaled({ workers: { clips: { hosts: ['gpu'] } }, hosts: { gpu: 'tcp://gpu' } })).toEqual([
      'jobs',
      'mails',
    ]);
  });

  it('nobody where none there scales, and where the stack has no scaler', () => {
    expect(scaled({ workers: { jobs: { hosts: ['gpu'] } }, hosts: { gpu: 'tcp://gpu' } })).toEqual([]);
    expect(scaled({ scaler: false })).toEqual([]);
    expect(workersToScale(undefined, topology)).toEqual([]);
  });
});

describe('the scaler asks', () => {
  const fleet = { name: 'beat', containers: ['beat-1'], min: 1, max: 1 } as unknown as Fleet;
  const broker = (
    endpoints: readonly [string, ...string[]],
    given: Pick<ScalerConfigArgs, 'ca' | 'client'> = {},
  ) => {
    const text = scalerConfig({ endpoints, fleets: [fleet], ...given });
    return readConfig(text, '/etc/warren/scale.json').broker;
  };

  it('all nodes of a broker that is there, and trusts whom the stack trusts', () => {
    const endpoints = ['https://a:15671/api', 'https://b:15671/'];
    expect(
      broker(managementUrls({ endpoint: 'https://a:15671/api', endpoints }), { ca: 'PEM' }),
    ).toMatchObject({
      endpoint: 'https://a:15671',
      endpoints: ['https://a:15671', 'https://b:15671'],
      cacertFile: '/etc/warren/ca.crt',
    });
  });

  it('with the certificate that the stack gives it, whose key is not in this file', () => {
    const shown = broker(['https://a'], { client: { certificate: 'CERTIFICATE', key: 'KEY' } });
    expect(shown).toMatchObject({
      clientcertFile: '/etc/warren/client.crt',
      clientkeyFile: '/etc/warren/client.key',
    });
    expect(JSON.stringify(shown)).not.toMatch(/CERTIFICATE|KEY/);
  });

  it('one address where there is only one', () => {
    const only = broker(managementUrls({ endpoint: 'http://a:15672' }));
    expect(only).toMatchObject({ endpoint: 'http://a:15672' });
    expect(Object.keys(only)).toEqual(['endpoint', 'usernameFile', 'passwordFile']);
  });
});

describe("the scaler's user", () => {
  it('sees figures of the vhosts of the workers, and may do nothing in them', () => {
    expect(scalerObjects(topology.workers)).toEqual([
      { kind: 'user', name: 'warren-scaler', tags: ['monitoring'] },
      ...['shop', 'films'].map((vhost) => ({
        kind: 'permissions',
        vhost,
        user: 'warren-scaler',
        configure: '^$',
        write: '^$',
        read: '^$',
      })),
    ]);
  });

  it('is nobody where nothing scales', () => {
    expect(scalerObjects([])).toEqual([]);
  });
});
