/** What `warren render` can write: one line per kind. The renderers themselves are in topology/render/. */
import type { BrokerObject, Topology } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { renderCelery } from '../../topology/render/clients/celery';
import { renderClientJson } from '../../topology/render/clients/json';
import { renderAioPika, renderPika } from '../../topology/render/clients/python';
import type { ClientChoice, Fault } from '../../topology/render/clients/view';
import { renderAlerts } from '../../topology/render/monitoring/alerts';
import { renderDashboard } from '../../topology/render/monitoring/dashboard';
import { renderPermissions } from '../../topology/render/permissions';
import { renderRabbitmqConf } from '../../topology/render/rabbitmqConf';
import { renderTopologyOperator } from '../../topology/render/topologyOperator';
import { renderYaml } from '../../topology/render/yaml';
import { renderManifests } from './renderManifests';

export interface RenderInput {
  readonly topology: Topology;
  readonly objects: readonly BrokerObject[];
}

export interface RenderChoice extends ClientChoice {
  /** Whose settings say what is on Kubernetes. */
  readonly stack?: string;
}

export interface RenderKind {
  /** For the help of `--to`. */
  readonly description: string;
  /** The whole output, with its last line end; or why there is none. `choice` is for the settings of clients, and of a stack. */
  readonly render: (input: RenderInput, choice: RenderChoice) => string | Fault;
}

export const RENDER_KINDS: ReadonlyMap<string, RenderKind> = new Map<string, RenderKind>([
  [
    'definitions',
    {
      description: 'a definitions.json without users’ passwords',
      render: ({ objects }) => json(renderDefinitions(objects)),
    },
  ],
  [
    'rabbitmq-conf',
    {
      description: 'a rabbitmq.conf with what stands below `broker`',
      render: ({ topology }) => renderRabbitmqConf(topology),
    },
  ],
  [
    'permissions',
    {
      description: 'a table of what each user may do, and from which role',
      render: ({ topology }) => renderPermissions(topology),
    },
  ],
  [
    'alerts',
    {
      description: 'Prometheus’ alerting rules: depth, consumers, dead letters, alarms, nodes',
      render: ({ topology, objects }) => renderAlerts(topology, objects),
    },
  ],
  [
    'dashboard',
    {
      description: 'a Grafana dashboard of the broker and of these queues',
      render: ({ topology, objects }) => renderDashboard(topology, objects),
    },
  ],
  [
    'manifests',
    {
      description: 'what a stack (--stack) would have on Kubernetes, without Secrets',
      render: ({ topology, objects }, { stack }) => renderManifests(topology, objects, stack),
    },
  ],
  [
    'topology-operator',
    {
      description: 'custom resources of RabbitMQ’s messaging topology operator',
      render: ({ objects }) => renderTopologyOperator(objects),
    },
  ],
  ['celery', { description: 'a Python module with the settings of Celery', render: renderCelery }],
  ['pika', { description: 'a Python module that declares by pika', render: renderPika }],
  ['aio-pika', { description: 'the same for aio-pika', render: renderAioPika }],
  [
    'json',
    { description: 'the same as plain JSON, for clients in other languages', render: renderClientJson },
  ],
  [
    'yaml',
    {
      description: 'the topology as one file: extends, include and remove written out',
      render: ({ topology }) => renderYaml(topology),
    },
  ],
]);

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
