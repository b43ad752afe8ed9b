/** Prometheus beside the broker, with the topology's alerts, and Grafana with its dashboard. */
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import type { Topology } from '../../topology/model';
import type { BrokerObject } from '../../topology/objects';
import { renderAlerts } from '../../topology/render/monitoring/alerts';
import { renderDashboard } from '../../topology/render/monitoring/dashboard';
import { labelsOf, limitsOf, type Place } from '../objects';
import type { MonitoringProgram, MonitoringSettings } from './settings';
import {
  DASHBOARD_FILE,
  GRAFANA_HOST,
  GRAFANA_PORT,
  grafanaConf,
  grafanaDatasource,
  grafanaProvider,
  PASSWORD_FILE,
  PROMETHEUS_HOST,
  PROMETHEUS_PORT,
  prometheusCommand,
  prometheusConf,
  RULES_FILE,
} from './conf';

export interface MonitoringArgs {
  readonly place: Place;
  readonly settings: MonitoringSettings;
  readonly topology: Topology;
  readonly objects: readonly BrokerObject[];
  /** `HOST:PORT` of each node's metrics. */
  readonly nodes: readonly string[];
  /** Where those hosts are; one of its own where it is left out. */
  readonly network?: pulumi.Input<string>;
  /** Of Grafana's administrator. */
  readonly password: pulumi.Output<string>;
}

interface Program {
  readonly host: string;
  readonly settings: MonitoringProgram;
  readonly innerPort: number;
  readonly dataFolder: string;
  readonly command?: string[];
  readonly uploads: docker.types.input.ContainerUpload[];
  readonly healthcheck: string[];
}

const STOP_SECONDS = 30;

export class Monitoring extends pulumi.ComponentResource {
  constructor(
    name: string,
    private readonly args: MonitoringArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('warren:docker:Monitoring', name, {}, options);
    const { settings } = args;
    const network = args.network ?? this.ownNetwork();
    const prometheus = this.run(this.prometheus(), network, []);
    if (settings.grafana !== false) this.run(this.grafana(settings.grafana), network, [prometheus]);
    this.registerOutputs({});
  }

  private ownNetwork(): pulumi.Output<string> {
    const { place } = this.args;
    const name = `${place.prefix}-monitoring`;
    const own = { parent: this, provider: place.provider };
    return new docker.Network('monitoring', { name, labels: labelsOf(place) }, own).name;
  }

  private prometheus(): Program {
    const { settings, topology, objects, nodes, place } = this.args;
    const { prometheus, alertmanagers, intervalMs } = settings;
    const conf = prometheusConf({
      cluster: place.prefix,
      topology,
      nodes,
      alertmanagers,
      intervalMs,
    });
    return {
      host: PROMETHEUS_HOST,
      settings: prometheus,
      innerPort: PROMETHEUS_PORT,
      dataFolder: '/prometheus',
      command: prometheusCommand(prometheus.retentionMs),
      uploads: [
        { file: '/etc/prometheus/prometheus.yml', content: conf },
        { file: RULES_FILE, content: renderAlerts(topology, objects) },
      ],
      healthcheck: ['CMD', 'promtool', 'check', 'healthy', `--url=http://127.0.0.1:${PROMETHEUS_PORT}`],
    };
  }

  private grafana(settings: MonitoringProgram): Program {
    const { topology, objects, password, settings: own } = this.args;
    const health = `http://127.0.0.1:${GRAFANA_PORT}/api/health`;
    return {
      host: GRAFANA_HOST,
      settings,
      innerPort: GRAFANA_PORT,
      dataFolder: '/var/lib/grafana',
      uploads: [
        { file: '/etc/grafana/grafana.ini', content: grafanaConf() },
        {
          file: '/etc/grafana/provisioning/datasources/warren.yaml',
          content: grafanaDatasource(own.intervalMs),
        },
        { file: '/etc/grafana/provisioning/dashboards/warren.yaml', content: grafanaProvider() },
        { file: DASHBOARD_FILE, content: renderDashboard(topology, objects) },
        // The image's user isn't root.
        { file: PASSWORD_FILE, content: password, permissions: '0444' },
      ],
      // Some of its images have one of them, some the other.
      healthcheck: ['CMD-SHELL', `curl -fsS ${health} >/dev/null || wget -q --spider ${health}`],
    };
  }

  private run(
    { host, settings, innerPort, dataFolder, command, uploads, healthcheck }: Program,
    network: pulumi.Input<string>,
    dependsOn: docker.Container[],
  ): docker.Container {
    const { place, settings: common } = this.args;
    const own = { parent: this, provider: place.provider };
    const name = `${place.prefix}-${host}`;
    const image = new docker.RemoteImage(host, { name: settings.image, keepLocally: true }, own);
    const volume = new docker.Volume(
      host,
      { name, labels: labelsOf(place) },
      // A changed label would replace the volume, and take what it holds away.
      { ...own, ignoreChanges: ['labels'] },
    );
    return new docker.Container(
      host,
      {
        name,
        image: image.name,
        hostname: host,
        labels: labelsOf(place),
        ...(command === undefined ? {} : { command }),
        networksAdvanced: [{ name: network, aliases: [host] }],
        ports: [{ internal: innerPort, external: settings.port, ip: common.address }],
        volumes: [{ volumeName: volume.name, containerPath: dataFolder }],
        uploads,
        healthcheck: { tests: healthcheck, interval: '30s', timeout: '10s', startPeriod: '1m0s', retries: 3 },
        restart: 'unless-stopped',
        destroyGraceSeconds: STOP_SECONDS,
        stopTimeout: STOP_SECONDS,
        ...limitsOf(settings),
      },
      { ...own, deleteBeforeReplace: true, dependsOn },
    );
  }
}
