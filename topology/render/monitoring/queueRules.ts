/** Alerts about the queues that the topology knows: one rule for all queues of a vhost to which the same applies. */
import { formatDuration, parseDurationMs } from '../../units';
import { perQueue, selector } from './promql';
import { literal, rule, type Rule, type RuleOptions } from './rule';
import { hasAcknowledgements, RAFT_METRIC } from './scrape';
import type { Target } from '../../target';
import type { WatchedQueue } from './watchedQueues';

const MINUTE_MS = 60_000;
/** RabbitMQ itself takes a message back after half an hour, unless told otherwise. */
const STUCK_MS_MIN = 20 * MINUTE_MS;
/** Less than this may come and go. */
const GROWTH_MIN = 100;
/** A queue for the newest message or two is always full. */
const LENGTH_MIN = 10;
const QUEUE = 'queue {{ $labels.queue }} (vhost {{ $labels.vhost }})';
/** Where no number divides the queues. */
const ALL = '';
const SAME_QUEUE = 'on (vhost, queue)';

export function queueRules(queues: readonly WatchedQueue[], target: Target): Rule[] {
  const limited = queues.filter(({ type }) => type !== 'stream');
  const listed = limited.filter(({ isFamily }) => !isFamily);
  const working = limited.filter(({ role }) => role === 'work');
  return [
    ...depth(queues),
    ...age(limited.filter(({ type }) => type === 'classic')),
    ...growth(working.filter(({ isFamily, depth }) => !isFamily || depth !== undefined)),
    ...consumers(working),
    ...deadLetters(listed.filter(({ role }) => role === 'dead-letters')),
    ...lengths(listed.filter(({ role }) => role !== 'delay')),
    ...stuck(working, target),
    ...copies(limited),
  ];
}

/** One rule for each value of `keyOf` in each vhost, with the selector of those queues; none where it is undefined. */
function grouped<K extends number | string>(
  queues: readonly WatchedQueue[],
  keyOf: (queue: WatchedQueue) => K | undefined,
  name: string,
  optionsOf: (where: string, key: K) => RuleOptions,
): Rule[] {
  const groups = new Map<
    string,
    { readonly vhost: string; readonly key: K; readonly members: WatchedQueue[] }
  >();
  for (const queue of queues) {
    const key = keyOf(queue);
    if (key === undefined) continue;
    const id = JSON.stringify([queue.vhost, key]);
    const group = groups.get(id) ?? { vhost: queue.vhost, key, members: [] };
    group.members.push(queue);
    groups.set(id, group);
  }
  return [...groups.values()].map(({ vhost, key, members }) => {
    const labels = { vhost: literal(vhost), ...(key === ALL ? {} : { threshold: String(key) }) };
    return rule(name, { labels, ...optionsOf(selector({ vhost, queues: members }), key) });
  });
}

function depth(queues: readonly WatchedQueue[]): Rule[] {
  return grouped(
    queues,
    (queue) => queue.depth,
    'RabbitMQQueueTooDeep',
    (where, messages) => ({
      severity: 'warning',
      expr: `${perQueue(`rabbitmq_detailed_queue_messages_ready${where}`)} > ${messages}`,
      for: '1m',
      summary: `{{ $value }} messages wait in the ${QUEUE}, more than ${messages}`,
      description: 'Consumers don’t keep up, or fail. The threshold is the queue’s own (alerts.depth).',
    }),
  );
}

/** Queues without messages, and messages without a timestamp, have NaN, which is over nothing. */
function age(queues: readonly WatchedQueue[]): Rule[] {
  return grouped(
    queues,
    ({ ageMs }) => (ageMs === undefined ? undefined : formatDuration(ageMs)),
    'RabbitMQOldestMessageTooOld',
    (where, limit) => ({
      severity: 'warning',

      expr: `time() - ${perQueue(`rabbitmq_detailed_queue_head_message_timestamp${where}`)} > ${(parseDurationMs(limit) ?? 0) / 1000}`,
      for: '1m',
      summary: `The oldest message in the ${QUEUE} has waited for {{ $value | humanizeDuration }}, more than ${limit}`,
      description:
        'Consumers don’t keep up, or one message blocks the others. The threshold is the queue’s own (alerts.age).',
    }),
  );
}

function growth(queues: readonly WatchedQueue[]): Rule[] {
  return grouped(
    queues,
    () => ALL,
    'RabbitMQQueueGrowing',
    (where) => ({
      severity: 'warning',
      expr: `${perQueue(`deriv(rabbitmq_detailed_queue_messages_ready${where}[15m])`)} > 0 and ${SAME_QUEUE} ${perQueue(`rabbitmq_detailed_queue_messages_ready${where}`)} > ${GROWTH_MIN}`,
      for: '30m',
      summary: `The ${QUEUE} has been growing for half an hour`,
      description: 'More comes in than is consumed: it needs more workers, or has some that fail.',
    }),
  );
}

function consumers(queues: readonly WatchedQueue[]): Rule[] {
  const none = (where: string): string => `${perQueue(`rabbitmq_detailed_queue_consumers${where}`)} == 0`;
  return [
    ...grouped(
      queues.filter((queue) => queue.consumers === 'always' && !queue.isFamily),
      () => ALL,
      'RabbitMQQueueWithoutConsumers',
      (where) => ({
        severity: 'critical',
        expr: none(where),
        for: '5m',
        summary: `Nobody consumes from the ${QUEUE}`,
        description: 'Its workers are down, or can’t log in.',
      }),
    ),
    ...grouped(
      // Queues of a family without workers belong to users who may be away.
      queues.filter(
        (queue) => queue.consumers === 'when-needed' || (queue.consumers === 'unknown' && !queue.isFamily),
      ),
      () => ALL,
      'RabbitMQMessagesWithoutConsumers',
      (where) => ({
        severity: 'warning',
        expr: `${none(where)} and ${SAME_QUEUE} ${perQueue(`rabbitmq_detailed_queue_messages_ready${where}`)} > 0`,
        for: '15m',
        summary: `Messages wait in the ${QUEUE}, and nobody consumes`,
        description: 'Its consumers are down, or nothing starts them.',
      }),
    ),
  ];
}

function deadLetters(queues: readonly WatchedQueue[]): Rule[] {
  return grouped(
    queues,
    () => ALL,
    'RabbitMQDeadLettersArriving',
    (where) => ({
      severity: 'warning',
      expr: `${perQueue(`delta(rabbitmq_detailed_queue_messages${where}[10m])`)} > 0`,
      summary: `Dead letters arrive in the ${QUEUE}`,
      description: 'Messages failed for good. Look into one of them: its header x-death says where and why.',
    }),
  );
}

function lengths(queues: readonly WatchedQueue[]): Rule[] {
  return grouped(
    queues,
    ({ maxLength }) => (maxLength === undefined || maxLength < LENGTH_MIN ? undefined : maxLength),
    'RabbitMQQueueNearMaxLength',
    (where, messages) => ({
      severity: 'warning',
      expr: `${perQueue(`rabbitmq_detailed_queue_messages_ready${where}`)} > ${Math.floor(0.9 * messages)}`,
      for: '5m',
      summary: `The ${QUEUE} is nearly full: {{ $value }} of ${messages} messages`,
      description: 'When it is full, messages are refused, dead-lettered or dropped, as its overflow says.',
    }),
  );
}

function stuck(queues: readonly WatchedQueue[], target: Target): Rule[] {
  return grouped(
    queues,
    ({ longestTaskMs = 0 }) =>
      formatDuration(Math.max(STUCK_MS_MIN, Math.ceil((1.5 * longestTaskMs) / MINUTE_MS) * MINUTE_MS)),
    'RabbitMQUnackedStuck',
    (where, time) => ({
      severity: 'warning',
      expr: stuckExpression(where, target),
      for: time,
      summary: `Consumers of the ${QUEUE} hold messages and acknowledge none`,
      description:
        'They hang, or forget to acknowledge. RabbitMQ takes the messages back at its consumer timeout, and closes the channel.',
    }),
  );
}

function stuckExpression(where: string, target: Target): string {
  const metric = (name: string): string => `rabbitmq_detailed_queue_${name}${where}`;
  const held = `${perQueue(metric('messages_unacked'))} > 0`;
  if (hasAcknowledgements(target)) {
    const acknowledged = `sum by (vhost, queue) (increase(${metric('messages_acked_total')}[5m])) > 0`;
    return `${held} unless ${SAME_QUEUE} ${acknowledged}`;
  }
  // Without a count of acknowledgements: while messages wait, whoever works changes one of both figures.
  const still = (name: string): string => `${perQueue(`changes(${metric(name)}[5m])`)} == 0`;
  return [
    held,
    `${perQueue(metric('messages_ready'))} > 0`,
    still('messages_unacked'),
    still('messages_ready'),
  ].join(` and ${SAME_QUEUE} `);
}

function copies(queues: readonly WatchedQueue[]): Rule[] {
  const members = (where: string): string =>
    `count by (vhost, queue) ({__name__=~"${RAFT_METRIC}",${where.slice(1)})`;
  const quorum = queues.filter(({ type }) => type === 'quorum');
  const replicated = quorum.filter((queue) => (queue.copies ?? 0) > 1);
  return [
    ...grouped(
      replicated,
      (queue) => queue.copies,
      'RabbitMQQueueWithoutMajority',
      (where, all) => ({
        severity: 'critical',
        expr: `${members(where)} < ${Math.floor(all / 2) + 1}`,
        for: '1m',
        summary: `The ${QUEUE} has {{ $value }} of ${all} members, no majority`,
        description: 'Nobody can publish to it or consume from it until more of its nodes are back.',
      }),
    ),
    ...grouped(
      replicated.filter((queue) => (queue.copies ?? 0) > 2),
      (queue) => queue.copies,
      'RabbitMQQueueMissesMembers',
      (where, all) => ({
        severity: 'warning',
        expr: `${members(where)} < ${all}`,
        for: '10m',
        summary: `The ${QUEUE} has {{ $value }} of ${all} members`,
        description: 'One node less may stop it. A node is down, or `rabbitmq-queues grow` was forgotten.',
      }),
    ),
    ...grouped(
      quorum,
      () => ALL,
      'RabbitMQQueueWithoutLeader',
      (where) => ({
        severity: 'critical',
        expr: `${members(where)} unless ${SAME_QUEUE} ${perQueue(`rabbitmq_detailed_queue_messages${where}`)}`,
        for: '2m',
        summary: `The ${QUEUE} has no leader`,
        description:
          'Nobody can publish to it or consume from it. `warren up` makes one anew that never had a leader.',
      }),
    ),
  ];
}
