/** Alerts about the nodes and about the whole broker. Every metric is one that a real node of the target tells. */
import type { Topology } from '../../model';
import { isAtLeast } from '../../target';
import { perQueue, quoted, type Scope } from './promql';
import { literal, rule, type Rule } from './rule';
import { NODES_JOB } from './scrape';

/** From here on, a limit is near. */
const NEAR = 0.8;

export function nodeRules(topology: Topology, scope?: Scope): Rule[] {
  return [
    ...availability(topology, scope),
    ...alarms(topology),
    ...limits(topology),
    ...lostMessages(topology),
  ];
}

/** A node that Prometheus finds by itself is no target any more when it is gone: those are counted that are there. */
function downExpression(scope: Scope | undefined): string {
  const up = `up{job=${quoted(NODES_JOB)}}`;
  return scope === undefined ? `${up} == 0` : `(count(${up} == 1) or vector(0)) < ${scope.nodes}`;
}

function availability({ target }: Topology, scope: Scope | undefined): Rule[] {
  const down = rule('RabbitMQNodeDown', {
    severity: 'critical',
    expr: downExpression(scope),
    for: '1m',
    summary:
      scope === undefined
        ? 'The node {{ $labels.instance }} gives no metrics'
        : `{{ $value }} of ${scope.nodes} nodes in the namespace ${scope.namespace} give metrics`,
    description:
      'It is down, cut off, or paused because it is in a minority. Queues without copies on other nodes are away with it.',
  });
  // 3.10 doesn't tell.
  if (!isAtLeast(target, '4.0')) return [down];
  const parted = rule('RabbitMQPeersUnreachable', {
    severity: 'critical',
    expr: 'rabbitmq_unreachable_cluster_peers_count > 0',
    for: '1m',
    summary: 'The node {{ $labels.instance }} doesn’t reach {{ $value }} of its peers',
    description: 'They are down, or the network is parted.',
  });
  return [down, parted];
}

function alarms({ target }: Topology): Rule[] {
  const blocked = (name: string, metric: string, what: string): Rule =>
    rule(name, {
      severity: 'critical',
      expr: `${metric} > 0`,
      summary: `The node {{ $labels.instance }} has ${what}`,
      description: 'Every publisher of the whole cluster is blocked until it is over.',
    });
  const nearly = (name: string, expr: string, what: string): Rule =>
    rule(name, {
      severity: 'warning',
      expr,
      for: '5m',
      summary: `The node {{ $labels.instance }} ${what}`,
      description: 'At the limit, an alarm blocks every publisher of the whole cluster.',
    });
  return [
    blocked(
      'RabbitMQMemoryAlarm',
      'rabbitmq_alarms_memory_used_watermark',
      'more in memory than its watermark',
    ),
    nearly(
      'RabbitMQMemoryNearWatermark',
      `rabbitmq_process_resident_memory_bytes > 0.9 * rabbitmq_resident_memory_limit_bytes`,
      'has over 90 % of its memory watermark in use',
    ),
    blocked(
      'RabbitMQDiskAlarm',
      'rabbitmq_alarms_free_disk_space_watermark',
      'less free disk than its limit',
    ),
    nearly(
      'RabbitMQDiskNearLimit',
      'rabbitmq_disk_space_available_bytes < 2 * rabbitmq_disk_space_available_limit_bytes',
      'has less than twice its limit of free disk left',
    ),
    // 4.0 has the metric, and nothing that would ever set it: it counts no files. Later versions have neither.
    ...(isAtLeast(target, '4.0')
      ? []
      : [
          rule('RabbitMQFileDescriptorAlarm', {
            severity: 'critical',
            expr: 'rabbitmq_alarms_file_descriptor_limit > 0',
            summary: 'The node {{ $labels.instance }} has no file descriptors left for clients',
            description: 'It takes no more connections. Raise its limit of open files.',
          }),
        ]),
    rule('RabbitMQFileDescriptorsNearLimit', {
      severity: 'warning',
      expr: `rabbitmq_process_open_fds > ${NEAR} * rabbitmq_process_max_fds`,
      for: '5m',
      summary: 'The node {{ $labels.instance }} has over 80 % of its file descriptors open',
      description:
        'Without any it takes no more connections. Raise its limit of open files, or look for leaks of connections.',
    }),
  ];
}

/** How many connections a vhost or a user has, no metric tells. */
function limits({ broker, vhosts }: Topology): Rule[] {
  const connectionMax = broker?.connectionMax;
  const connections =
    connectionMax === undefined
      ? []
      : [
          rule('RabbitMQConnectionsNearLimit', {
            severity: 'warning',
            expr: `rabbitmq_connections > ${NEAR * connectionMax}`,
            for: '5m',
            summary: `The node {{ $labels.instance }} has {{ $value }} of ${connectionMax} connections`,
            description:
              'At the limit, it refuses clients. Look for clients that open one per message or request.',
          }),
        ];
  const queues = vhosts.flatMap(({ name, limits: own }) => {
    const queuesMax = own?.maxQueues;
    if (queuesMax === undefined || queuesMax <= 0) return [];
    return rule('RabbitMQQueuesNearLimit', {
      severity: 'warning',
      labels: { vhost: literal(name) },
      expr: `count by (vhost) (${perQueue(`rabbitmq_detailed_queue_messages{vhost=${quoted(name)}}`)}) > ${NEAR * queuesMax}`,
      for: '5m',
      summary: `The vhost {{ $labels.vhost }} has {{ $value }} of ${queuesMax} queues`,
      description:
        'At the limit, clients can declare no more. Raise it, or look for queues that nobody deletes.',
    });
  });
  return [...connections, ...queues];
}

function lostMessages({ vhosts }: Topology): Rule[] {
  const dead = (reason: string): string =>
    `sum(increase(rabbitmq_global_messages_dead_lettered_${reason}_total{dead_letter_strategy="disabled"}[5m]))`;
  const discarded = rule('RabbitMQMessagesDiscarded', {
    severity: 'warning',
    expr: `${dead('rejected')} + ${dead('delivery_limit')} > 0`,
    summary: 'Rejected messages are lost: {{ $value | humanize }} in 5 minutes',
    description:
      'A consumer rejects messages, or fails at them again and again, in a queue that has no dead letters (deadLetter).',
  });
  // Celery's events and remote control are published whether somebody listens or not.
  if (vhosts.some(({ celery }) => celery !== undefined)) return [discarded];
  const unroutable = rule('RabbitMQMessagesUnroutable', {
    severity: 'warning',
    expr: 'sum(increase(rabbitmq_global_messages_unroutable_dropped_total[5m])) > 0',
    summary: 'Messages reach no queue and are lost: {{ $value | humanize }} in 5 minutes',
    description: 'Somebody publishes with a routing key that no binding takes: see `warren route`.',
  });
  return [discarded, unroutable];
}
