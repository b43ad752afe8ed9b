/**
 * For a Prometheus that its operator runs, and for a Grafana that collects dashboards: whom to ask, which alerts to
 * tell, and what to show. Neither of them is made here.
 */
import type { Topology } from '../topology/model';
import type { BrokerObject } from '../topology/objects';
import { ruleGroups } from '../topology/render/monitoring/alerts';
import { dashboard } from '../topology/render/monitoring/dashboard';
import { scrapeJobs, type ScrapeJob } from '../topology/render/monitoring/scrape';
import { nodeCount } from './cluster/conf';
import { CLUSTER, POD_SELECTOR, serviceHost } from './cluster/names';
import { tlsSecretOf } from './cluster/secrets';
import { labelsOf, nameFor, type KubernetesObject, type Place } from './objects';
import { withFleetSizes } from '../platform/fleetSize';
import {
  settingsOfFleet,
  type ClusterSettings,
  type KubernetesSettings,
  type MonitoringSettings,
} from './settings';
import { formatDuration } from '../topology/units';

const MONITORING_API = 'monitoring.coreos.com/v1';

export interface Monitored {
  readonly topology: Topology;
  /** What it compiles to. */
  readonly objects: readonly BrokerObject[];
  readonly kubernetes: KubernetesSettings;
}

/** None where the stack has no cluster of its own, or doesn't ask for them. */
export function monitoringObjects(monitored: Monitored, place: Place): readonly KubernetesObject[] {
  const { objects, kubernetes } = monitored;
  const { cluster, monitoring: settings } = kubernetes;
  if (cluster === undefined || settings === undefined) return [];
  const topology = withFleetSizes(monitored.topology, (fleet) => settingsOfFleet(kubernetes, fleet));
  const scope = { namespace: place.namespace, nodes: nodeCount(topology) };
  const own = (name: string, labels: Readonly<Record<string, string>>): KubernetesObject['metadata'] => ({
    name,
    namespace: place.namespace,
    labels: { ...labelsOf(place, CLUSTER, 'monitoring'), ...labels },
  });
  return [
    {
      apiVersion: MONITORING_API,
      kind: 'PodMonitor',
      metadata: own(CLUSTER, settings.labels),
      spec: {
        selector: { matchLabels: POD_SELECTOR },
        podMetricsEndpoints: scrapeJobs(topology).map((job) =>
          endpointFor(job, { topology, settings, cluster }, place),
        ),
      },
    },
    {
      apiVersion: MONITORING_API,
      kind: 'PrometheusRule',
      metadata: own(CLUSTER, settings.labels),
      spec: { groups: ruleGroups(topology, objects, scope) },
    },
    ...(settings.dashboard === false
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: own(`${CLUSTER}-dashboard`, settings.dashboard),
            data: {
              [`${nameFor(place.instance)}.json`]: JSON.stringify(dashboard(topology, objects, scope)),
            },
          },
        ]),
  ];
}

interface Nodes {
  readonly topology: Topology;
  readonly settings: MonitoringSettings;
  readonly cluster: ClusterSettings;
}

function endpointFor(
  { name, path, families, keep }: ScrapeJob,
  { topology, settings, cluster }: Nodes,
  { namespace }: Place,
): object {
  const hasTls = topology.broker?.tls !== undefined;
  const certificates = {
    ca: { secret: { name: tlsSecretOf(cluster), key: 'ca.crt' } },
    serverName: serviceHost(namespace),
  };
  return {
    port: hasTls ? 'prometheus-tls' : 'prometheus',
    path,
    interval: formatDuration(settings.intervalMs),
    ...(families.length === 0 ? {} : { params: { family: families } }),
    ...(hasTls ? { scheme: 'https', tlsConfig: certificates } : {}),
    // The rules know the job by its own name.
    relabelings: [{ action: 'replace', targetLabel: 'job', replacement: name }],
    ...(keep === undefined
      ? {}
      : { metricRelabelings: [{ action: 'keep', sourceLabels: ['__name__'], regex: keep }] }),
  };
}
