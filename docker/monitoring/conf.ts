/** What Prometheus and Grafana read at their start: plain texts without secrets. JSON is YAML, too. */
import { DASHBOARD_DATASOURCE } from '../../topology/render/monitoring/dashboard';
import { scrapeConfig, scrapeJobs, type Watched } from '../../topology/render/monitoring/scrape';
import { formatDuration } from '../../topology/units';

export const PROMETHEUS_PORT = 9090;
export const GRAFANA_PORT = 3000;
/** Their names in the network. */
export const PROMETHEUS_HOST = 'prometheus';
export const GRAFANA_HOST = 'grafana';
export const GRAFANA_ADMIN = 'admin';

export const RULES_FILE = '/etc/prometheus/rules.yml';
export const PASSWORD_FILE = '/etc/warren/admin-password';
export const DASHBOARDS_FOLDER = '/etc/grafana/dashboards';
export const DASHBOARD_FILE = `${DASHBOARDS_FOLDER}/rabbitmq.json`;

const SCRAPE_TIMEOUT_MS = 10_000;

export interface PrometheusConfOptions {
  /** The stack's name; alerts carry it. */
  readonly cluster: string;
  readonly topology: Watched;
  /** `HOST:PORT` of each node's metrics. */
  readonly nodes: readonly string[];
  readonly alertmanagers: readonly string[];
  readonly intervalMs: number;
}

export function prometheusConf(options: PrometheusConfOptions): string {
  const { cluster, topology, nodes, alertmanagers, intervalMs } = options;
  return json({
    global: {
      scrape_interval: formatDuration(intervalMs),
      // Prometheus refuses one that is longer than the interval.
      scrape_timeout: formatDuration(Math.min(SCRAPE_TIMEOUT_MS, intervalMs)),
      evaluation_interval: formatDuration(intervalMs),
      external_labels: { cluster },
    },
    rule_files: [RULES_FILE],
    ...(alertmanagers.length === 0
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] } }),
    scrape_configs: scrapeJobs(topology).map((job) => scrapeConfig(job, nodes)),
  });
}

export function prometheusCommand(retentionMs: number): string[] {
  return [
    '--config.file=/etc/prometheus/prometheus.yml',
    '--storage.tsdb.path=/prometheus',
    `--storage.tsdb.retention.time=${formatDuration(retentionMs)}`,
  ];
}

/** grafana.ini: nobody without a password, nobody new, and no calls to the outside. */
export function grafanaConf(): string {
  const sections: Readonly<Record<string, Readonly<Record<string, string | boolean>>>> = {
    security: {
      admin_user: GRAFANA_ADMIN,
      // It reads the file itself: `docker inspect` shows the name only.
      admin_password: `$__file{${PASSWORD_FILE}}`,
      disable_gravatar: true,
    },
    users: { allow_sign_up: false, allow_org_create: false },
    'auth.anonymous': { enabled: false },
    analytics: { reporting_enabled: false, check_for_updates: false, check_for_plugin_updates: false },
    news: { news_feed_enabled: false },
    plugins: { preinstall_disabled: true },
    snapshots: { external_enabled: false },
    dashboards: { default_home_dashboard_path: DASHBOARD_FILE },
  };
  return Object.entries(sections)
    .map(([section, values]) => {
      const lines = Object.entries(values).map(([key, value]) => `${key} = ${String(value)}\n`);
      return `[${section}]\n${lines.join('')}`;
    })
    .join('\n');
}

export function grafanaDatasource(intervalMs: number): string {
  return json({
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        uid: 'warren-prometheus',
        type: DASHBOARD_DATASOURCE,
        access: 'proxy',
        url: `http://${PROMETHEUS_HOST}:${PROMETHEUS_PORT}`,
        isDefault: true,
        editable: false,
        jsonData: { timeInterval: formatDuration(intervalMs), httpMethod: 'POST' },
      },
    ],
  });
}

export function grafanaProvider(): string {
  return json({
    apiVersion: 1,
    providers: [
      {
        name: 'warren',
        type: 'file',
        disableDeletion: true,
        allowUiUpdates: false,
        options: { path: DASHBOARDS_FOLDER },
      },
    ],
  });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
