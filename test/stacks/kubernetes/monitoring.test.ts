/** What a stack on Kubernetes has for a Prometheus and a Grafana that are there. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../../k8s/objects';
import { readKubernetesSettings } from '../../../k8s/settings';
import type { RuleGroup } from '../../../topology/render/monitoring/alerts';
import { scoped } from '../../../topology/render/monitoring/promql';
import { EVERYTHING, loaded } from '../../monitoring/topology';
import { promtoolComplaint, promtoolObstacle } from '../../rigs/prometheus';
import { manifestsFor } from './examples';

const WORKERS = { '*': { image: 'worker:1' } };

function objectsFor(
  monitoring: object,
  tls = '',
  { cluster = {}, workers = {} }: { readonly cluster?: object; readonly workers?: object } = {},
): readonly KubernetesObject[] {
  const text = EVERYTHING.replace('nodes: 3', `nodes: 3${tls}`);
  const { topology, objects } = loaded(text, '4.3');
  const settings = { cluster, workers: { ...WORKERS, ...workers }, monitoring };
  return manifestsFor(topology, settings, objects).objects;
}

function named(objects: readonly KubernetesObject[], wanted: string): KubernetesObject {
  const found = objects.find(({ kind, metadata }) => `${kind}/${metadata.name}` === wanted);
  if (found === undefined) throw new Error(`no ${wanted}`);
  return found;
}

function groupsIn(objects: readonly KubernetesObject[]): readonly RuleGroup[] {
  return (named(objects, 'PrometheusRule/rabbitmq').spec as { groups: readonly RuleGroup[] }).groups;
}

/** Without texts: a queue may be called like a metric. */
function selectorsOf(expression: string): readonly string[] {
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"/g, (text) => (text === '"warren-test"' ? text : '""'));
  return bare.match(/\b(?:rabbitmq_\w+|up|ALERTS)\b(?:\{[^}]*\})?|\{__name__[^}]*\}/g) ?? [];
}

describe('monitoring on Kubernetes', () => {
  const objects = objectsFor({ labels: { release: 'prometheus' } });

  it('asks each node for both kinds of metrics, under the names of the jobs that the rules know', () => {
    const monitor = named(objects, 'PodMonitor/rabbitmq');
    expect(monitor.metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(monitor.spec).toMatchObject({
      selector: { matchLabels: { 'app.kubernetes.io/name': 'rabbitmq' } },
      podMetricsEndpoints: [
        {
          port: 'prometheus',
          path: '/metrics',
          relabelings: [{ targetLabel: 'job', replacement: 'rabbitmq' }],
        },
        {
          path: '/metrics/detailed',
          interval: '15s',
          params: { family: expect.arrayContaining(['ra_metrics']) as string[] },
          metricRelabelings: [{ action: 'keep', sourceLabels: ['__name__'] }],
        },
      ],
    });
  });

  it.each([
    ['rabbitmq-tls', {}],
    ['rabbitmq-tls', { tls: { issuer: 'ca', ca: 'ca.pem' } }],
    ['given', { tls: { secret: 'given', ca: 'ca.pem' } }],
  ])('asks by TLS where there is any, and trusts the authority in the nodes’ Secret %s', (name, cluster) => {
    const { spec } = named(objectsFor({}, ', tls: { only: true }', { cluster }), 'PodMonitor/rabbitmq');
    expect(spec).toMatchObject({
      podMetricsEndpoints: [
        {
          port: 'prometheus-tls',
          scheme: 'https',
          tlsConfig: {
            ca: { secret: { name, key: 'ca.crt' } },
            serverName: 'rabbitmq.warren-test.svc',
          },
        },
        { port: 'prometheus-tls' },
      ],
    });
  });

  it('has rules and panels about its own namespace alone: others may have queues of the same names', () => {
    const dashboardMap = named(objects, 'ConfigMap/rabbitmq-dashboard');
    expect(dashboardMap.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    const [json = ''] = Object.values(dashboardMap.data as Record<string, string>);
    const { panels, title } = JSON.parse(json) as {
      panels: { targets?: { expr: string }[] }[];
      title: string;
    };
    expect(title).toBe('RabbitMQ in warren-test');
    const rules = groupsIn(objects).flatMap((group) => group.rules);
    const expressions = [
      ...rules.map(({ expr }) => expr),
      ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ];
    const selectors = expressions.flatMap(selectorsOf);
    expect(selectors.length).toBeGreaterThan(60);
    expect(selectors.filter((one) => !one.includes('namespace="warren-test"'))).toEqual([]);
    for (const { labels } of rules) expect(labels).toHaveProperty('namespace', 'warren-test');
  });

  it('counts nodes on the dashboard, too, that are gone without a trace', () => {
    const [json = ''] = Object.values(
      named(objects, 'ConfigMap/rabbitmq-dashboard').data as object,
    ) as string[];
    const { panels } = JSON.parse(json) as { panels: { title: string; targets?: { expr: string }[] }[] };
    const missing = panels
      .find(({ title }) => title === 'Nodes that don’t')
      ?.targets?.map(({ expr }) => expr);
    expect(missing).toEqual(['3 - (count(up{namespace="warren-test",job="rabbitmq"} == 1) or vector(0))']);
  });

  it('misses no consumers of a fleet of which the stack has no workers', () => {
    const missed = (workers: object): readonly string[] =>
      groupsIn(objectsFor({}, '', { workers }))
        .flatMap(({ rules }) => rules)
        .filter(({ alert }) => alert === 'RabbitMQQueueWithoutConsumers')
        .map(({ expr }) => expr);
    expect(missed({})[0]).toContain('jobs');
    expect(missed({ jobs: { replicas: 0 } })[0]).not.toContain('jobs');
  });

  it('leaves texts as they are', () => {
    const scope = { namespace: 'n', nodes: 1 };
    expect(scoped('up{job="up"} and rabbitmq_a{queue="rabbitmq_b \\" up"} > rabbitmq_c', scope)).toBe(
      'up{namespace="n",job="up"} and rabbitmq_a{namespace="n",queue="rabbitmq_b \\" up"} > rabbitmq_c{namespace="n"}',
    );
  });

  it('lets Prometheus’ namespace in, and leaves out the dashboard where nobody collects it', () => {
    const cluster = readKubernetesSettings({ cluster: {}, monitoring: { namespace: 'observed' } }).cluster;
    expect(cluster?.networkPolicy).toMatchObject({ metrics: ['observed'] });
    expect(objectsFor({ dashboard: false }).filter(({ kind }) => kind === 'ConfigMap')).toHaveLength(1);
    expect(() => readKubernetesSettings({ monitoring: {} })).toThrow(/render --to alerts/);
  });

  it.skipIf(promtoolObstacle() !== undefined)('counts nodes that are gone without a trace', async () => {
    const series = (count: number): object[] =>
      Array.from({ length: count }, (_, index) => ({
        series: `up{job="rabbitmq",namespace="warren-test",pod="rabbitmq-server-${index}"}`,
        values: '1x10',
      }));
    const down = (count: number): object => ({
      interval: '1m',
      input_series: [...series(count), { series: 'up{job="rabbitmq",namespace="other"}', values: '1x10' }],
      alert_rule_test: [
        {
          eval_time: '5m',
          alertname: 'RabbitMQNodeDown',
          exp_alerts: count === 3 ? [] : [{ exp_labels: { severity: 'critical', namespace: 'warren-test' } }],
        },
      ],
    });
    const files = {
      'rules.yml': stringify(
        { groups: groupsIn(objects).map(withoutWords) },
        { aliasDuplicateObjects: false },
      ),
      'test.yml': stringify({ rule_files: ['rules.yml'], tests: [down(3), down(2), down(0)] }),
    };
    expect(await promtoolComplaint(['test', 'rules'], files, 'test.yml')).toBe(undefined);
  });
});

function withoutWords({ name, rules }: RuleGroup): object {
  return { name, rules: rules.map((rule) => ({ ...rule, annotations: {} })) };
}
