/** `render --to alerts`, by Prometheus' own checker: it takes the rules, and each fires when it should and not otherwise. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderAlerts, ruleGroups } from '../../topology/render/monitoring/alerts';
import { BROKER_VERSIONS } from '../rigs/brokers';
import { promtoolComplaint, promtoolObstacle } from '../rigs/prometheus';
import { EVERYTHING, loaded } from './topology';

const EXAMPLES = path.resolve(__dirname, '../../topology/examples');
const FILE = 'rules.yml';
const obstacle = promtoolObstacle();

function alerts(text: string, target: (typeof BROKER_VERSIONS)[number]): string {
  const { topology, objects } = loaded(text, target);
  return renderAlerts(topology, objects);
}

interface Case {
  readonly when: string;
  /** Values in promtool's notation, by series. */
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  readonly fires: readonly string[];
  /** 4.3 where it is left out. */
  readonly target?: (typeof BROKER_VERSIONS)[number];
}

function of(queue: string, metric: string, instance = 'a'): string {
  return `rabbitmq_detailed_queue_${metric}{vhost="media",queue="${queue}",instance="${instance}"}`;
}

const ofNode = (metric: string, labels = ''): string => `rabbitmq_${metric}{instance="a"${labels}}`;
const member = (queue: string, instance: string): string =>
  `rabbitmq_detailed_raft_commit_index{vhost="media",queue="${queue}",instance="${instance}"}`;

const CASES: readonly Case[] = [
  {
    when: 'all is well',
    series: {
      'up{job="rabbitmq",instance="a"}': '1x60',
      [ofNode('alarms_memory_used_watermark')]: '0x60',
      [ofNode('connections')]: '790x60',
      [of('jobs', 'messages_ready')]: '1000x60',
      [of('jobs', 'messages')]: '1001x60',
      [of('jobs', 'messages_unacked')]: '1x60',
      [of('jobs', 'messages_acked_total')]: '0+1x60',
      [of('jobs', 'consumers')]: '2x60',
      [of('thumbnails', 'consumers')]: '0x60',
      [of('thumbnails', 'messages_ready')]: '0x60',
      [of('dead', 'messages')]: '7x60',
      [of('newest', 'messages_ready')]: '1x60',
      [of('newest', 'consumers')]: '1x60',
      [member('jobs', 'a')]: '5x60',
      [member('jobs', 'b')]: '5x60',
      [member('jobs', 'c')]: '5x60',
    },
    at: '60m',
    fires: [],
  },
  {
    when: 'a node is down',
    series: { 'up{job="rabbitmq",instance="a"}': '0x5', 'up{job="rabbitmq-queues",instance="a"}': '0x5' },
    at: '2m',
    fires: ['RabbitMQNodeDown'],
  },
  {
    when: 'nodes don’t reach each other',
    series: { [ofNode('unreachable_cluster_peers_count')]: '1x5' },
    at: '2m',
    fires: ['RabbitMQPeersUnreachable'],
  },
  {
    when: 'a node has alarms',
    series: {
      [ofNode('alarms_memory_used_watermark')]: '1x5',
      [ofNode('alarms_free_disk_space_watermark')]: '1x5',
    },
    at: '0m',
    fires: ['RabbitMQMemoryAlarm', 'RabbitMQDiskAlarm'],
  },
  {
    when: 'a node of 3.10 has no file descriptors left',
    series: { [ofNode('alarms_file_descriptor_limit')]: '1x5' },
    at: '0m',
    fires: ['RabbitMQFileDescriptorAlarm'],
    target: '3.10',
  },
  {
    when: 'limits of a node are near',
    series: {
      [ofNode('process_resident_memory_bytes')]: '95x10',
      [ofNode('resident_memory_limit_bytes')]: '100x10',
      [ofNode('disk_space_available_bytes')]: '150x10',
      [ofNode('disk_space_available_limit_bytes')]: '100x10',
      [ofNode('process_open_fds')]: '81x10',
      [ofNode('process_max_fds')]: '100x10',
      [ofNode('connections')]: '801x10',
    },
    at: '6m',
    fires: [
      'RabbitMQMemoryNearWatermark',
      'RabbitMQDiskNearLimit',
      'RabbitMQFileDescriptorsNearLimit',
      'RabbitMQConnectionsNearLimit',
    ],
  },
  {
    when: 'the vhost may have few queues more',
    series: Object.fromEntries(
      Array.from({ length: 81 }, (_, index) => [of(`event:user:${index}`, 'messages'), '0x10']),
    ),
    at: '6m',
    fires: ['RabbitMQQueuesNearLimit'],
  },
  {
    when: 'messages are lost',
    series: {
      [ofNode('global_messages_dead_lettered_rejected_total', ',dead_letter_strategy="disabled"')]: '0+1x10',
      [ofNode('global_messages_dead_lettered_delivery_limit_total', ',dead_letter_strategy="disabled"')]:
        '0x10',
      [ofNode('global_messages_unroutable_dropped_total')]: '0+2x10',
    },
    at: '6m',
    fires: ['RabbitMQMessagesDiscarded', 'RabbitMQMessagesUnroutable'],
  },
  {
    when: 'more jobs wait than the topology allows',
    series: { [of('jobs', 'messages_ready')]: '1001x5' },
    at: '2m',
    fires: ['RabbitMQQueueTooDeep'],
  },
  {
    when: 'the oldest message waits for too long, and another queue tells no time',
    series: {
      [of('thumbnails', 'head_message_timestamp')]: '-601x5',
      [of('mails', 'head_message_timestamp')]: 'NaN NaN NaN',
    },
    at: '1m',
    fires: ['RabbitMQOldestMessageTooOld'],
  },
  {
    when: 'a queue grows',
    series: { [of('mails', 'messages_ready')]: '101+1x60' },
    at: '50m',
    fires: ['RabbitMQQueueGrowing'],
  },
  {
    when: 'the workers of a queue are away',
    series: { [of('jobs', 'consumers')]: '0x10' },
    at: '6m',
    fires: ['RabbitMQQueueWithoutConsumers'],
  },
  {
    when: 'nothing starts the workers of a queue',
    series: { [of('thumbnails', 'consumers')]: '0x20', [of('thumbnails', 'messages_ready')]: '1x20' },
    at: '16m',
    fires: ['RabbitMQMessagesWithoutConsumers'],
  },
  {
    when: 'dead letters come, also where no queue is named',
    series: {
      [of('dead', 'messages')]: '7x5 8x10',
      [of('failed-thumbnails', 'messages')]: '0x5 1x10',
      [of('mails.retry.1', 'messages')]: '0x5 1x10',
    },
    at: '8m',
    fires: ['RabbitMQDeadLettersArriving', 'RabbitMQDeadLettersArriving'],
  },
  {
    when: 'a queue is nearly full',
    series: { [of('jobs', 'messages_ready')]: '9001x10' },
    at: '6m',
    fires: ['RabbitMQQueueTooDeep', 'RabbitMQQueueNearMaxLength'],
  },
  {
    when: 'a worker hangs, for longer than its longest task',
    series: { [of('jobs', 'messages_unacked')]: '3x90', [of('jobs', 'messages_acked_total')]: '5x90' },
    at: '61m',
    fires: ['RabbitMQUnackedStuck'],
  },
  {
    when: 'a worker of 3.10 hangs, and one works',
    series: {
      [of('mails', 'messages_unacked')]: '3x90',
      [of('mails', 'messages_ready')]: '2x90',
      [of('thumbnails', 'messages_unacked')]: '3x90',
      [of('thumbnails', 'messages_ready')]: '2 3 2 1 3 2 2 2 3 2 2 2 1 1 3 2 2 1 1 2 3 2 3 3',
    },
    at: '22m',
    fires: ['RabbitMQUnackedStuck'],
    target: '3.10',
  },
  {
    when: 'a queue has one member of three left',
    series: { [member('jobs', 'a')]: '5x20', [of('jobs', 'messages')]: '0x20' },
    at: '11m',
    fires: ['RabbitMQQueueWithoutMajority', 'RabbitMQQueueMissesMembers'],
  },
  {
    when: 'a queue of a cluster that is being upgraded has a member of each version, and no leader',
    series: {
      [member('jobs', 'a')]: '5x20',
      [member('jobs', 'b').replace('raft_', 'raft_log_')]: '5x20',
      [member('jobs', 'c')]: '5x20',
    },
    at: '3m',
    fires: ['RabbitMQQueueWithoutLeader'],
  },
];

describe.skipIf(obstacle !== undefined)(
  obstacle === undefined ? 'promtool' : `promtool [skipped: ${obstacle}]`,
  () => {
    it.each(BROKER_VERSIONS)('takes the rules of the examples, for %s', async (target) => {
      const examples = fs.readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'));
      expect(examples).toHaveLength(5);
      for (const name of examples) {
        const text = fs.readFileSync(path.join(EXAMPLES, name), 'utf8');
        expect(await promtoolComplaint(['check', 'rules'], { [FILE]: alerts(text, target) }, FILE)).toBe(
          undefined,
        );
      }
    });

    it('takes names that look like PromQL, regular expressions and templates', async () => {
      const [vhost, queue] = ['a"} or {{ $x }}', 'b\\d|.*"} {{ end }} ü'];
      const text = JSON.stringify({
        warren: 1,
        vhosts: { [vhost]: { limits: { maxQueues: 10 }, queues: { [queue]: { alerts: { depth: 1 } } } } },
      });
      const rules = { [FILE]: alerts(text, '4.3') };
      expect(await promtoolComplaint(['check', 'rules'], rules, FILE)).toBe(undefined);
      const label = (value: string): string => JSON.stringify(value);
      const series = `rabbitmq_detailed_queue_messages_ready{vhost=${label(vhost)},queue=${label(queue)}}`;
      const other = `rabbitmq_detailed_queue_messages_ready{vhost=${label(vhost)},queue="b4"}`;
      const test = unitTest({
        when: '',
        series: { [series]: '5x5', [other]: '5x5' },
        at: '2m',
        fires: ['RabbitMQQueueTooDeep'],
      });
      expect(await promtoolComplaint(['test', 'rules'], { ...rules, 'test.yml': test }, 'test.yml')).toBe(
        undefined,
      );
    });

    it.each(CASES)('when $when', async (given) => {
      const files = { [FILE]: alerts(EVERYTHING, given.target ?? '4.3'), 'test.yml': unitTest(given) };
      expect(await promtoolComplaint(['test', 'rules'], files, 'test.yml')).toBe(undefined);
    });

    it('has a case for each alert', () => {
      const all = BROKER_VERSIONS.flatMap((target) => {
        const { topology, objects } = loaded(EVERYTHING, target);
        return ruleGroups(topology, objects).flatMap(({ rules }) => rules.map(({ alert }) => alert));
      });
      expect(new Set(CASES.flatMap(({ fires }) => fires))).toEqual(new Set(all));
    });
  },
);

/** As promtool reads it: which alerts fire at that moment, and how often each. */
function unitTest({ series, at, fires }: Case): string {
  const names = [...new Set(fires)];
  return stringify({
    rule_files: [FILE],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: at,
            exp_samples: names.map((name) => ({
              labels: `{alertname="${name}"}`,
              value: fires.filter((one) => one === name).length,
            })),
          },
        ],
      },
    ],
  });
}
