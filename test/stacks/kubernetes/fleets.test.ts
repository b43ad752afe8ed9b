/** What fleets on Kubernetes are told, waited for and refused. */
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../k8s/objects';
import { planFleets, showsClient } from '../../../k8s/plan';
import { readKubernetesSettings } from '../../../k8s/settings';
import { awaitedConsumers } from '../../../k8s/workers/followers';
import type { Topology } from '../../../topology/model';
import { factsFor, manifestsFor, topologyOf, type BrokerFacts } from './examples';

const WORKERS = { '*': { image: 'worker:1' } };
const CELERY = '-A, shop, worker, -Q, beat';

function topologyWith(fleet: string, queue = 'jobs'): Topology {
  return topologyOf(`
warren: 1
vhosts: { shop: { queues: { '${queue}': {} } } }
users: { worker: { roles: { shop: { consumer: ['${queue}'] } } } }
workers: { ${fleet.replaceAll('OF_SHOP', `vhost: shop, user: worker, queues: ['${queue}']`)} }
`);
}

const JOBS = topologyWith('jobs: { OF_SHOP }');
const SCALED = topologyWith('jobs: { OF_SHOP, autoscale: { min: 2, max: 4 } }');

function named(objects: readonly KubernetesObject[], wanted: string): unknown {
  const found = objects.find(({ kind, metadata }) => `${kind}/${metadata.name}` === wanted);
  if (found === undefined) throw new Error(`no ${wanted}`);
  return found.spec;
}

function triggersOf(objects: readonly KubernetesObject[]) {
  return (named(objects, 'ScaledObject/jobs') as { triggers: { metadata: object }[] }).triggers;
}

interface Workers {
  readonly strategy: { readonly type: string };
  readonly template: {
    readonly spec: {
      readonly containers: readonly {
        readonly command?: readonly string[];
        readonly args?: readonly string[];
        readonly env: readonly { readonly name: string; readonly value?: string }[];
      }[];
    };
  };
}

function containerOf(objects: readonly KubernetesObject[], fleet = 'jobs') {
  const [container] = (named(objects, `Deployment/${fleet}`) as Workers).template.spec.containers;
  if (container === undefined) throw new Error('no container');
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  return { ...container, env };
}

/** Of a broker that is there already. */
function there(facts: BrokerFacts, topology = JOBS, kubernetes: object = {}) {
  const made = manifestsFor(topology, { workers: WORKERS, ...kubernetes }, [], facts);
  const keysOf = (name: string) => made.secrets.find((secret) => secret.name === name)?.keys;
  return { ...made, keysOf, env: containerOf(made.objects).env };
}

it('a file of authorities is named only where there is one', () => {
  const amqp = 'amqps://broker:5671';
  const known = there({ amqp, cacertFile: 'ca.pem' });
  expect(known.env.RABBITMQ_CA_FILE).toBe('/run/secrets/rabbitmq/ca.crt');
  expect(known.keysOf('jobs-login')).toContain('ca.crt');
  expect(known.keysOf('warren-figures')).toEqual(['username', 'password', 'ca.crt', 'tls']);
  const unknown = there({ amqp });
  expect(unknown.env.RABBITMQ_CA_FILE).toBeUndefined();
  expect(unknown.keysOf('jobs-login')).toEqual(['url', 'username', 'password']);
  expect(there({ cacertFile: 'ca.pem' }).env.RABBITMQ_CA_FILE).toBeUndefined();
  const parameters = (facts: BrokerFacts) =>
    JSON.stringify(named(there(facts, SCALED).objects, 'TriggerAuthentication/warren-figures'));
  expect(parameters({ cacertFile: 'ca.pem' })).toContain('"parameter":"ca"');
  expect(parameters({})).not.toContain('"parameter":"ca"');
});

it.each([
  [{ endpoint: 'https://broker:15671/' }, 'https://broker:15671', 'https://broker:15671'],
  [{ endpoint: 'http://broker:15672/api' }, 'http://broker:15672', 'http://broker:15672'],
  // KEDA drops what stands behind the last slash of a path.
  [{ endpoint: 'https://tools/rabbit' }, 'https://tools/rabbit', 'https://tools/rabbit/'],
  [
    { endpoint: '', endpoints: ['http://a:15672/api/', 'http://b:15672'] },
    'http://a:15672',
    'http://a:15672',
  ],
])('asks the management API of %j', (facts, forProbes, forKeda) => {
  const made = there(facts, SCALED);
  expect(made.env.WARREN_MANAGEMENT_URL).toBe(forProbes);
  const triggers = triggersOf(made.objects);
  expect(triggers[0]?.metadata).toMatchObject({ host: forKeda, vhostName: 'shop' });
});

it('is refused where pods would look for the broker in themselves', () => {
  const facts = { endpoint: 'http://localhost:15672' };
  expect(() => there(facts)).toThrow(
    /"http:\/\/localhost:15672" is this machine's own loopback .* KEDA and the workers' probes.* kubernetes\.keda false/,
  );
  expect(() => there({ endpoint: 'http://[::1]:15672' })).toThrow(/loopback/);
  expect(() => there({ endpoint: 'http://localhost.example.com' })).not.toThrow();
  const withoutProbes = { workers: { '*': { image: 'x', probe: false } } };
  expect(() => there(facts, JOBS, withoutProbes)).not.toThrow();
  expect(() => there({ endpoint: '' })).toThrow(/endpoint is empty/);
  expect(() => there({ amqp: 'amqp://127.0.0.1:5672' })).toThrow(
    /where a pod finds nobody\. .*amqp:\/\/SERVICE\.NAMESPACE\.svc/,
  );
});

describe('who asks in pods, as `up` does not,', () => {
  const own = { endpoint: 'https://broker:15671' };
  const warningsOf = (facts: BrokerFacts, kubernetes: object = {}): string[] => {
    const warnings: string[] = [];
    const settings = { workers: WORKERS, ...kubernetes };
    manifestsFor(JOBS, settings, [], { ...own, ...facts }, (text) => warnings.push(text));
    return warnings;
  };
  const withoutProbes = { workers: { '*': { image: 'x', probe: false } } };

  it('checks certificates: refused without an authority, else warned of', () => {
    expect(() => warningsOf({ insecure: true })).toThrow(
      /^insecure .*https:\/\/broker:15671, but KEDA and the workers' probes, in pods, .* never ready, .* config rm insecure --stack test\. .* cacertFile FILE --stack test; or .* kubernetes\.keda false/,
    );
    expect(warningsOf({ insecure: true, cacertFile: 'ca.pem' })).toEqual([
      expect.stringMatching(
        /in pods, will check it by cacertFile.* never ready.* config rm insecure --stack test$/,
      ),
    ]);
    expect(warningsOf({ insecure: false })).toEqual([]);
    expect(warningsOf({ insecure: true, endpoint: 'http://broker:15672' })).toEqual([]);
    expect(warningsOf({ insecure: true }, withoutProbes)).toEqual([]);
    // `up` goes by a port-forward there, and whoever is inside trusts the stack's own authority.
    expect(warningsOf({ insecure: true }, { cluster: {} })).toEqual([]);
  });

  it('has no certificate to show unless the stack gives them one', () => {
    const ofUp = { clientcertFile: 'own.pem' };
    expect(warningsOf(ofUp)).toEqual([
      expect.stringMatching(
        /^clientcertFile is for `up` alone: KEDA and .* never ready.* scalerClientcertFile FILE --stack test/,
      ),
    ]);
    expect(warningsOf({ ...ofUp, scalerClientcertFile: 'their.pem' })).toEqual([]);
    expect(warningsOf(ofUp, withoutProbes)).toEqual([]);
  });

  it('shows the certificate that the stack gives them, and Secrets are where it and its key are', () => {
    const made = (facts: BrokerFacts) => {
      const { objects, keysOf } = there({ ...own, ...facts }, SCALED);
      const { secretTargetRef } = named(objects, 'TriggerAuthentication/warren-figures') as {
        secretTargetRef: readonly { parameter: string; name: string; key: string }[];
      };
      const probe = objects.find(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'warren-probe',
      );
      const parameters = secretTargetRef.map(({ parameter, name, key }) => `${parameter} ${name}/${key}`);
      return { keys: keysOf('warren-figures'), parameters, probe: JSON.stringify(probe) };
    };
    const login = ['username warren-figures/username', 'password warren-figures/password'];
    const shown = ['cert warren-figures/client.crt', 'key warren-figures/client.key'];
    const given = made({ scalerClientcertFile: 'their.pem' });
    expect(given.keys).toEqual(['username', 'password', 'client.crt', 'client.key', 'tls']);
    expect(given.parameters).toEqual([...login, ...shown, 'tls warren-figures/tls']);
    expect(given.probe).toContain('load_cert_chain');
    const trusting = made({ scalerClientcertFile: 'their.pem', cacertFile: 'ca.pem' });
    expect(trusting.parameters).toEqual([
      ...login,
      'ca warren-figures/ca.crt',
      ...shown,
      'tls warren-figures/tls',
    ]);
    const none = made({ clientcertFile: 'own.pem' });
    expect(none).toMatchObject({ keys: ['username', 'password'], parameters: login });
    expect(none.probe).not.toContain('load_cert_chain');
    expect(
      showsClient(factsFor(JOBS, readKubernetesSettings({ cluster: {} }), { scalerClientcertFile: 'x' })),
    ).toBe(false);
  });
});

it('an IPv6 address has brackets in URLs only', () => {
  expect(there({ amqp: 'amqp://[fd00::7]:5672' }).env.RABBITMQ_HOST).toBe('fd00::7');
  const amqp = topologyWith('jobs: { OF_SHOP, autoscale: { min: 0, max: 4, protocol: amqp } }');
  const { objects } = there({ amqp: 'amqp://[fd00::7]:5672' }, amqp);
  expect(JSON.stringify(named(objects, 'ScaledObject/jobs'))).toContain('"host":"amqp://[fd00::7]:5672"');
});

it('texts reach the worker as they are: Kubernetes reads $(NAME) and $$', () => {
  const texts = ['$(HOME)', '$$', '$$(HOME)', '$HOME and 5 $', 'a$(b)$(c)'];
  const escaped = ['$$(HOME)', '$$$', '$$$$(HOME)', '$HOME and 5 $', 'a$$(b)$$(c)'];
  const topology = topologyWith(
    `jobs: { OF_SHOP, command: ${JSON.stringify(['sh', ...texts])}, env: { A: '${texts[0] ?? ''}', B: '${texts[2] ?? ''}' } }`,
  );
  const { args, env } = containerOf(there({}, topology).objects);
  expect(args).toEqual(['sh', ...escaped]);
  expect([env.A, env.B]).toEqual([escaped[0], escaped[2]]);
});

it('queues with a space are asked for in a query: in a path, KEDA makes a plus of it', () => {
  const triggerOf = (queue: string) => {
    const topology = topologyWith('jobs: { OF_SHOP, autoscale: { min: 0, max: 4 } }', queue);
    const { objects } = there({}, topology);
    return triggersOf(objects)[0]?.metadata;
  };
  expect(triggerOf('my jobs')).toMatchObject({ queueName: '^my jobs$', useRegex: 'true', operation: 'sum' });
  expect(triggerOf('jobs')).not.toHaveProperty('useRegex');
});

it('waits for one worker where somebody else scales them, and for the fewest elsewhere', () => {
  const awaited = (kubernetes: object, topology = SCALED) => {
    const settings = readKubernetesSettings({ workers: WORKERS, ...kubernetes });
    const [fleet] = planFleets(factsFor(topology, settings), () => undefined);
    if (fleet === undefined) throw new Error('no fleet');
    return awaitedConsumers(fleet, settings.keda);
  };
  expect(awaited({ keda: false })).toBe(1);
  expect(awaited({})).toBe(2);
  expect(awaited({ keda: false, workers: { '*': { image: 'x', hpa: { cpu: 70 } } } })).toBe(2);
  expect(awaited({ keda: false }, topologyWith('jobs: { OF_SHOP, replicas: 3 }'))).toBe(3);
  const fromNone = topologyWith('jobs: { OF_SHOP, autoscale: { min: 0, max: 4 } }');
  expect(awaited({ keda: false }, fromNone)).toBe(0);
});

it.each([
  ['jobs: { OF_SHOP, command: [/venv/bin/celery, -A, shop, beat] }', 'Recreate'],
  ['jobs: { OF_SHOP, command: [celery, -A, shop, worker, -B] }', 'Recreate'],
  [`jobs: { OF_SHOP, replicas: 3, command: [celery, ${CELERY}] }`, 'RollingUpdate'],
])('is never two at once where it sends a schedule: %s', (fleet, type) => {
  const { objects } = there({}, topologyWith(fleet));
  expect((named(objects, 'Deployment/jobs') as Workers).strategy.type).toBe(type);
});

it.each([
  [
    'replicas: 3',
    { singleton: true },
    /jobs\.singleton, so that there are never two at once, and 3 replicas: .* or say kubernetes\.workers\.jobs\.singleton false/,
  ],
  ['autoscale: { min: 0, max: 4 }', { singleton: true }, /never two at once, and autoscale up to 4/],
  [
    'replicas: 2, command: [celery, -A, a, beat]',
    {},
    /run Celery beat, .* or say kubernetes\.workers\.jobs\.singleton false/,
  ],
])('of which there are never two is refused with %s', (words, settings, message) => {
  const topology = topologyWith(`jobs: { OF_SHOP, ${words} }`);
  const withSettings = (more: object) => there({}, topology, { workers: { jobs: { image: 'x', ...more } } });
  expect(() => withSettings(settings)).toThrow(message);
  expect(() => withSettings({ singleton: false })).not.toThrow();
});

it.each(['rabbitmq', 'RabbitMQ', 'rabbitmq.'])('may not be called %s, as the nodes are', (name) => {
  const topology = topologyWith(`'${name}': { OF_SHOP }`);
  expect(() => manifestsFor(topology, { cluster: {}, workers: WORKERS })).toThrow(
    /would have the names of the cluster's nodes/,
  );
});

it('may be called nearly so where there are no nodes', () => {
  const topology = topologyWith("'RabbitMQ': { OF_SHOP }");
  expect(() => manifestsFor(topology, { workers: WORKERS }, [], { amqp: 'amqp://broker' })).not.toThrow();
});
