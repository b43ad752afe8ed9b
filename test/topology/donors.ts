/** Entries that are right somewhere, and wrong elsewhere: what a mutation grafts onto tables of the same sort. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** By the sort of table: `queues/*` is any queue, `queues/*` + `arguments` its arguments. */
export type Donors = Readonly<Record<string, readonly (readonly [key: string, value: Json])[]>>;

const QUEUE_ARGUMENTS: readonly (readonly [string, Json])[] = [
  ...['x-message-ttl', 'x-expires', 'x-max-length', 'x-max-length-bytes'].flatMap((key) =>
    values(key, [0, 1, 5000, -1, '5']),
  ),
  ...values('x-overflow', ['drop-head', 'reject-publish', 'reject-publish-dlx', 'x']),
  ...values('x-dead-letter-exchange', ['', 'amq.direct', 'nowhere', 5]),
  ...values('x-dead-letter-routing-key', ['key', 5]),
  ...values('x-dead-letter-strategy', ['at-least-once', 'at-most-once', 'x']),
  ...values('x-delivery-limit', [5, -1, 0]),
  ...values('x-max-priority', [0, 5, 255, 256]),
  ...values('x-single-active-consumer', [true, 'true']),
  ...values('x-queue-type', ['classic', 'quorum', 'stream', 'x', 5]),
  ...values('x-queue-mode', ['lazy', 'x']),
  ...values('x-queue-version', [1, 2, 3, '2']),
  ...values('x-queue-leader-locator', ['balanced', 'client-local', 'x']),
  ...values('x-queue-master-locator', ['min-masters', 'x']),
  ...values('x-quorum-initial-group-size', [1, 0]),
  ...values('x-initial-cluster-size', [1, 0]),
  ...values('x-max-in-memory-length', [1, -1]),
  ...values('x-max-age', ['7D', '7', '0s', 7]),
  ...values('x-stream-max-segment-size-bytes', [1000, 4e9]),
  ...values('x-stream-filter-size-bytes', [16, 8]),
  ...values('x-consumer-timeout', [60000, -1, '5']),
  ...values('x-consumer-disconnected-timeout', [60000]),
  ...values('x-delayed-retry-type', ['all', 'x']),
  ...values('x-own', [1, 'x', [1, 'x'], true, 1.5, 2 ** 53 - 1]),
];

const SETTINGS: readonly (readonly [string, Json])[] = [
  ...values('ttl', ['1h', '0s']),
  ...values('expires', ['1h', '1ms']),
  ...values('maxLength', [0, 5, 2 ** 53 - 1]),
  ...values('maxLengthBytes', ['1MB', 0]),
  ...values('overflow', ['drop-head', 'reject-publish', 'reject-publish-dlx']),
  ...values('deadLetter', [
    { exchange: 'amq.fanout' },
    { exchange: 'amq.direct', routingKey: 'x' },
    { exchange: 'amq.topic', strategy: 'at-least-once' },
  ]),
  ...values('deliveryLimit', [0, 5, -1]),
  ...values('consumerTimeout', ['1h', '0s']),
  ...values('consumerDisconnectedTimeout', ['1m', '0s']),
  ...values('leaderLocator', ['balanced', 'client-local']),
  ...values('targetGroupSize', [1, 3]),
  ...values('queueVersion', [1, 2]),
  ...values('maxAge', ['1s', '7d']),
  ...values('maxSegmentSize', ['1MB', 0, '3GB', '4GB']),
  ...values('filterSize', [16, 255]),
  ...values('delayedRetry', [{ min: '1s' }, { type: 'failed', min: '2s', max: '1s' }, { min: '0s' }]),
  ...values('durable', [true, false]),
  ...values('replicated', [true, false, 'where-supported']),
];

const POLICY_KEYS: readonly (readonly [string, Json])[] = [
  ...QUEUE_ARGUMENTS.map(([key, value]) => [key.slice(2), value] as const),
  ...values('alternate-exchange', ['amq.fanout', 5]),
  ...values('federation-upstream-set', ['all']),
  ...values('shards-per-node', [1, 0]),
  ...values('ha-mode', ['all', 'exactly', 'x']),
  ...values('ha-params', [2, ['a'], 'x']),
  ...values('ha-sync-mode', ['automatic', 'x']),
  ...values('target-group-size', [1, 0]),
  ...values('delayed-retry-min', [1, 0]),
];

const EXCHANGE: readonly (readonly [string, Json])[] = [
  ...values('type', [
    ...['direct', 'topic', 'fanout', 'headers', 'x-consistent-hash', 'x-random', 'x-modulus-hash'],
    ...['x-local-random', 'x-recent-history', 'x-delayed-message', 'x-federation-upstream', 'x', 'Topic'],
  ]),
  ...values('durable', [true, false]),
  ...values('autoDelete', [true, false]),
  ...values('internal', [true, false]),
  ...values('alternate', ['amq.fanout', 'nowhere', '']),
  ...values('hashOn', [{ header: 'h' }, { property: 'timestamp' }]),
  ...values('arguments', [
    { 'alternate-exchange': 'amq.topic' },
    { 'alternate-exchange': 5 },
    { 'hash-header': 'h', 'hash-property': 'message_id' },
    { 'hash-property': 'app_id' },
    { 'x-delayed-type': 'topic' },
    { 'x-own': [1, 'x'] },
  ]),
  ...values('bindings', [
    [{ exchange: 'amq.topic', routingKey: '#' }],
    [{ exchange: 'amq.headers', arguments: { 'x-match': 'x' } }],
  ]),
];

const POLICY: readonly (readonly [string, Json])[] = [
  ...values('pattern', [
    ...['.*', '^x', '(', '[[:alpha:]]', '(?i)x', '\\d+', '^(?=x)', 'x{1,3}', '*', 'ü', ''],
    ...['[\\w-.]+', '(x)\\1', '\\1', '(?<!x*)y', '(?i:x)', '[a-\\d]', '\\j', '\\x{41}'],
  ]),
  ...values('applyTo', ['queues', 'exchanges', 'all', 'classic_queues', 'quorum_queues', 'streams']),
  ...values('priority', [0, -5, 5, 999, 1000]),
];

const PATTERNS: readonly Json[] = [
  '',
  '.*',
  '^x$',
  '(',
  '[',
  '^(a|b)$',
  '(?<n>x)',
  '\\Qx\\E',
  '^a{2}$',
  'x'.repeat(1000),
  'x'.repeat(1100),
];

export const DONORS: Donors = {
  'queues/*': [
    ...SETTINGS,
    ...values('type', ['classic', 'quorum', 'stream']),
    ...values('autoDelete', [true, false]),
    ...values('priorities', [1, 31, 32, 255]),
    ...values('singleActiveConsumer', [true, false]),
    ...values('initialClusterSize', [1, 3]),
    ...values('retry', [
      { attempts: 2, delay: '1s' },
      { attempts: 1, delay: '1s', method: 'stages' },
    ]),
    ...QUEUE_ARGUMENTS.map(([key, value]) => ['arguments', { [key]: value }] as const),
    ...QUEUE_ARGUMENTS.map(([key, value]) => ['declaredWith', { [key]: value }] as const),
    ...values('bindings', [[{ exchange: 'amq.direct', routingKey: 'x' }], [{ exchange: 'amq.match' }]]),
  ],
  'queues/*/arguments': QUEUE_ARGUMENTS,
  'queues/*/declaredWith': QUEUE_ARGUMENTS,
  'queues/*/bindings/*': [
    ...values('routingKey', ['', '0', '5', 'a.*.#', 'x'.repeat(255), 'x'.repeat(256)]),
    ...values('arguments', [
      { 'x-match': 'any' },
      { 'x-match': 'x' },
      { 'x-match': 5 },
      { a: [1] },
      { a: 1.5, b: true },
    ]),
    ...values('exchange', ['', 'amq.topic', 'amq.headers', 'amq.rabbitmq.trace']),
  ],
  'families/*': [
    ...SETTINGS,
    ...QUEUE_ARGUMENTS.map(([key, value]) => ['declaredWith', { [key]: value }] as const),
  ],
  'superStreams/*': SETTINGS,
  'exchanges/*': EXCHANGE,
  'policies/*': POLICY,
  'policies/*/definition': POLICY_KEYS,
  'operatorPolicies/*': POLICY,
  'operatorPolicies/*/definition': POLICY_KEYS,
  'vhosts/*': [
    ...values('defaultQueueType', ['classic', 'quorum', 'stream']),
    ...values('deletionProtection', [true, false]),
    ...values('description', ['', 'ü']),
    ...values('tags', [[], ['a', 'a'], [''], ['a,b']]),
    ...values('limits', [{ maxQueues: 1 }, { maxQueues: -1, maxConnections: 0 }]),
    ...values('quotas', [{ maxLength: 5 }, { ttl: '1h', expires: '1h' }, { maxLengthBytes: 0 }]),
  ],
  'users/*': [
    ...values('tags', [[], ['administrator'], ['a b'], [''], ['a', 'a'], ['a,b']]),
    ...values('limits', [{ maxConnections: 0 }, { maxChannels: -1 }]),
  ],
  'permissions/*': ['configure', 'write', 'read'].flatMap((key) => values(key, PATTERNS)),
  'topicPermissions/*/*': ['write', 'read'].flatMap((key) => values(key, PATTERNS)),
  globalParameters: [...values('x', [null, [], {}, 1.5]), ...values('cluster_name', ['x'])],
};

function values(key: string, all: readonly Json[]): (readonly [string, Json])[] {
  return all.map((value) => [key, value] as const);
}
