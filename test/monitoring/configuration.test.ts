/** What Prometheus and Grafana read in a stack's containers. */
import { expect, it } from 'vitest';
import { metricsOf } from '../../docker/cluster/conf';
import {
  grafanaConf,
  grafanaDatasource,
  grafanaProvider,
  prometheusConf,
} from '../../docker/monitoring/conf';
import { renderAlerts } from '../../topology/render/monitoring/alerts';
import { promtoolComplaint, promtoolObstacle } from '../rigs/prometheus';
import { EVERYTHING, loaded } from './topology';

const CONF = {
  cluster: 'warren-production',
  topology: loaded(EVERYTHING, '4.3').topology,
  nodes: ['rabbitmq-1:15692', 'rabbitmq-2:15692'],
  alertmanagers: ['alerts.example:9093'],
  intervalMs: 5_000,
} as const;

it.skipIf(promtoolObstacle() !== undefined)(
  'Prometheus takes its configuration, with the rules',
  async () => {
    const { topology, objects } = loaded(EVERYTHING, '4.3');
    const files = { 'rules.yml': renderAlerts(topology, objects) };
    const conf = prometheusConf(CONF);
    expect(JSON.parse(conf)).toMatchObject({
      global: {
        scrape_interval: '5s',
        scrape_timeout: '5s',
        external_labels: { cluster: 'warren-production' },
      },
      rule_files: ['/etc/prometheus/rules.yml'],
      scrape_configs: [
        { job_name: 'rabbitmq', static_configs: [{ targets: CONF.nodes }] },
        { job_name: 'rabbitmq-queues', metrics_path: '/metrics/detailed' },
      ],
    });
    const there = { ...files, 'prometheus.yml': conf.replace('/etc/prometheus/rules.yml', 'rules.yml') };
    expect(await promtoolComplaint(['check', 'config'], there, 'prometheus.yml')).toBe(undefined);
    // The checker would tell.
    const wrong = {
      ...there,
      'prometheus.yml': conf.replace('scrape_timeout": "5s', 'scrape_timeout": "9s'),
    };
    expect(await promtoolComplaint(['check', 'config'], wrong, 'prometheus.yml')).toMatch(/scrape timeout/);
  },
);

it('asks each node of a cluster, on the port that the topology gives it', () => {
  const nodes = (broker: string): readonly string[] =>
    metricsOf(loaded(`warren: 1\nbroker: ${broker}`, '4.3').topology);
  expect(nodes('{ nodes: 3 }')).toEqual(['rabbitmq-1:15692', 'rabbitmq-2:15692', 'rabbitmq-3:15692']);
  expect(nodes('{ conf: { prometheus.tcp.port: 9419 } }')).toEqual(['rabbitmq-1:9419']);
  expect(metricsOf(loaded('warren: 1', '4.3').topology)).toEqual(['rabbitmq-1:15692']);
});

it('Grafana lets nobody in without a password, and gets it from a file', () => {
  const conf = grafanaConf();
  expect(conf).toContain(
    '[security]\nadmin_user = admin\nadmin_password = $__file{/etc/warren/admin-password}\n',
  );
  expect(conf).toContain('[auth.anonymous]\nenabled = false\n');
  expect(conf).toContain('[users]\nallow_sign_up = false\n');
  expect(JSON.parse(grafanaDatasource(15_000))).toMatchObject({
    apiVersion: 1,
    datasources: [{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true, editable: false }],
  });
  expect(JSON.parse(grafanaProvider())).toMatchObject({
    providers: [{ type: 'file', options: { path: '/etc/grafana/dashboards' } }],
  });
});
