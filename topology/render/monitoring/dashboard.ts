/** `render --to dashboard`: a Grafana dashboard of the broker and of the topology's own queues. */
import * as crypto from 'node:crypto';
import type { Topology } from '../../model';
import type { BrokerObject } from '../../objects';
import { bars, DATASOURCE, graph, type Panel, placed, row, stat, table } from './panels';
import { perQueue, quoted, scoped, selector, type Scope } from './promql';
import { NODES_JOB } from './scrape';
import { watchedQueues, type WatchedQueue } from './watchedQueues';

/** Of Grafana 11; later versions read it, and write their own. */
const SCHEMA_VERSION = 39;
/** More lines than that nobody tells apart. */
const LINES_MAX = 20;
/** With a row of their own, of a vhost; the others are in its common panels. */
const QUEUES_MAX = 20;
/** One letter for each query of a panel. */
const QUERIES_MAX = 26;
/** The type of its data source. */
export const DASHBOARD_DATASOURCE = DATASOURCE.type;
const UID = 'warren-rabbitmq';
const WINDOW = '$__rate_interval';

/** JSON for Grafana's import, or a provisioned folder. It asks for its data source by a variable. */
export function renderDashboard(topology: Topology, objects: readonly BrokerObject[]): string {
  return `${JSON.stringify(dashboard(topology, objects), null, 2)}\n`;
}

/** @param scope where the same Prometheus asks other brokers, too */
export function dashboard(
  topology: Topology,
  objects: readonly BrokerObject[],
  scope?: Scope,
): Readonly<Record<string, unknown>> {
  const watched = watchedQueues(topology, objects);
  const panels = [
    ...summary(scope),
    ...messages(),
    ...topology.vhosts.flatMap(({ name }) => queuesOf(watched.filter(({ vhost }) => vhost === name))),
    ...nodes(),
  ];
  return {
    ...identityOf(scope),
    tags: ['rabbitmq', 'warren'],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Data source',
          type: 'datasource',
          query: DASHBOARD_DATASOURCE,
          refresh: 1,
          hide: 0,
        },
      ],
    },
    panels: placed(panels.map((panel) => scopedPanel(panel, scope))),
  };
}

/** Two dashboards of one Grafana have two. */
function identityOf(scope: Scope | undefined): { readonly uid: string; readonly title: string } {
  if (scope === undefined) return { uid: UID, title: 'RabbitMQ' };
  const { namespace } = scope;
  const digest = crypto.createHash('sha256').update(namespace).digest('hex').slice(0, 12);
  return { uid: `warren-${digest}`, title: `RabbitMQ in ${namespace}` };
}

function scopedPanel(panel: Panel, scope: Scope | undefined): Panel {
  if (scope === undefined || !Array.isArray(panel.targets)) return panel;
  const targets = panel.targets as readonly { readonly expr: string }[];
  return {
    ...panel,
    targets: targets.map((target) => ({ ...target, expr: scoped(target.expr, scope) })),
  };
}

function summary(scope: Scope | undefined): Panel[] {
  const sum = (metric: string): string => `sum(${perQueue(`rabbitmq_detailed_queue_${metric}`)})`;
  const one = (title: string, expr: string, more: { readonly alarmAt?: number } = {}): Panel =>
    stat({ title, queries: [{ expr }], width: 4, ...more });
  const up = `up{job=${quoted(NODES_JOB)}}`;
  // A node that Prometheus finds by itself is no target any more when it is gone: those are counted that are there.
  const missing =
    scope === undefined
      ? `count(${up} == 0) or vector(0)`
      : `${scope.nodes} - (count(${up} == 1) or vector(0))`;
  return [
    row('Now'),
    one('Nodes that answer', `sum(${up})`),
    one('Nodes that don’t', missing, { alarmAt: 1 }),
    one('Messages waiting', sum('messages_ready')),
    one('Messages in work', sum('messages_unacked')),
    one('Consumers', sum('consumers')),
    one('Connections', 'sum(rabbitmq_connections)'),
    table(
      {
        title: 'Alerts',
        description: 'What fires, or will if it stays so',
        queries: [{ expr: 'ALERTS{alertname=~"RabbitMQ.+"}' }],
        width: 24,
      },
      ['Time', 'Value', '__name__', 'job'],
    ),
  ];
}

function messages(): Panel[] {
  const rate = (metric: string): string => `sum(rate(rabbitmq_global_messages_${metric}_total[${WINDOW}]))`;
  return [
    row('Messages'),
    graph({
      title: 'Messages per second',
      queries: [
        { expr: rate('received'), legend: 'published' },
        { expr: rate('delivered'), legend: 'delivered' },
        { expr: rate('acknowledged'), legend: 'acknowledged' },
        { expr: rate('redelivered'), legend: 'delivered again' },
      ],
      width: 12,
      unit: 'cps',
    }),
    graph({
      title: 'Dead letters and losses per second',
      description: 'Dead letters of a retry and of its delays are among them.',
      queries: [
        { expr: rate('dead_lettered_rejected'), legend: 'rejected' },
        { expr: rate('dead_lettered_expired'), legend: 'expired' },
        { expr: rate('dead_lettered_maxlen'), legend: 'queue full' },
        { expr: rate('dead_lettered_delivery_limit'), legend: 'delivery limit' },
        { expr: rate('unroutable_dropped'), legend: 'unroutable, lost' },
        { expr: rate('unroutable_returned'), legend: 'unroutable, returned' },
      ],
      width: 12,
      unit: 'cps',
    }),
  ];
}

function queuesOf(queues: readonly WatchedQueue[]): Panel[] {
  const vhost = queues[0]?.vhost;
  if (vhost === undefined) return [];
  const failed = queues.filter(({ role }) => role === 'dead-letters');
  const others = queues.filter(({ role }) => role !== 'dead-letters');
  const lines = (title: string, metric: string, of: readonly WatchedQueue[], width: number): Panel[] =>
    of.length === 0
      ? []
      : [
          graph({
            title,
            queries: [
              {
                expr: `topk(${LINES_MAX}, ${perQueue(`rabbitmq_detailed_queue_${metric}${selector({ vhost, queues: of })}`)})`,
                legend: '{{queue}}',
              },
            ],
            width,
          }),
        ];
  return [
    row(`Queues of ${vhost}`),
    ...fullness(vhost, queues),
    ...lines('Messages waiting', 'messages_ready', others, 12),
    ...lines('Dead letters', 'messages', failed, 12),
    ...lines('Messages in work', 'messages_unacked', others, 12),
    ...lines('Consumers', 'consumers', others, 12),
    ...others.filter(isOfInterest).slice(0, QUEUES_MAX).flatMap(queueRow),
  ];
}

/** The topology says what to expect of it: limits, or workers. */
function isOfInterest({ isFamily, role, depth, maxLength, consumers }: WatchedQueue): boolean {
  return (
    !isFamily &&
    role === 'work' &&
    (depth !== undefined || maxLength !== undefined || consumers !== 'unknown')
  );
}

/** One queue: its depth with the lines that it shouldn't cross, and its workers beside it. */
function queueRow(queue: WatchedQueue): Panel[] {
  const { vhost, name, depth, maxLength } = queue;
  const of = (metric: string): string =>
    perQueue(`rabbitmq_detailed_queue_${metric}${selector({ vhost, queues: [queue] })}`);
  const limits = [
    ...(depth === undefined ? [] : [`orange: the threshold of its alert, ${depth}`]),
    ...(maxLength === undefined ? [] : [`red: its maximum length, ${maxLength}`]),
  ];
  return [
    row(`Queue ${name}`),
    graph({
      title: 'Messages',
      ...(limits.length === 0 ? {} : { description: limits.join('; ') }),
      queries: [
        { expr: of('messages_ready'), legend: 'waiting' },
        { expr: of('messages_unacked'), legend: 'in work' },
      ],
      width: 16,
      ...(depth === undefined ? {} : { warnAt: depth }),
      ...(maxLength === undefined ? {} : { alarmAt: maxLength }),
    }),
    graph({ title: 'Workers', queries: [{ expr: of('consumers'), legend: 'consumers' }], width: 8 }),
  ];
}

/** How near each queue is to the depth that the topology allows, or else to its maximum length. */
function fullness(vhost: string, queues: readonly WatchedQueue[]): Panel[] {
  const limits = new Map<number, WatchedQueue[]>();
  for (const queue of queues) {
    const limit = queue.depth ?? (queue.isFamily ? undefined : queue.maxLength);
    if (limit !== undefined && queue.role !== 'delay')
      limits.set(limit, [...(limits.get(limit) ?? []), queue]);
  }
  if (limits.size === 0) return [];
  const all = [...limits].sort(([a], [b]) => a - b);
  return [
    bars({
      title: 'Messages waiting, of what is allowed',
      description: 'Of the threshold of the queue’s alert, else of its maximum length',
      queries: all.slice(0, QUERIES_MAX).map(([limit, of]) => ({
        expr: `${perQueue(`rabbitmq_detailed_queue_messages_ready${selector({ vhost, queues: of })}`)} / ${limit}`,
        legend: '{{queue}}',
      })),
      width: 24,
      unit: 'percentunit',
      warnAt: 0.8,
      alarmAt: 1,
    }),
  ];
}

function nodes(): Panel[] {
  const legend = '{{instance}}';
  const share = (title: string, used: string, limit: string): Panel =>
    graph({ title, queries: [{ expr: `${used} / ${limit}`, legend }], width: 8, unit: 'percentunit' });
  const count = (title: string, expr: string): Panel =>
    graph({ title, queries: [{ expr, legend }], width: 8 });
  return [
    row('Nodes'),
    share(
      'Memory, of the watermark',
      'rabbitmq_process_resident_memory_bytes',
      'rabbitmq_resident_memory_limit_bytes',
    ),
    graph({
      title: 'Free disk',
      queries: [{ expr: 'rabbitmq_disk_space_available_bytes', legend }],
      width: 8,
      unit: 'bytes',
    }),
    share('File descriptors', 'rabbitmq_process_open_fds', 'rabbitmq_process_max_fds'),
    count('Connections', 'rabbitmq_connections'),
    count('Channels', 'rabbitmq_channels'),
    count('Queues led', 'rabbitmq_queues'),
  ];
}
