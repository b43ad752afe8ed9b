/** A topology that uses the whole language, as far as the target has it. */
import type { Target } from '../../topology/index';

export interface WholeNames {
  /** Put into every name that isn't inside of a vhost. */
  readonly run: string;
  readonly amqpPort: number;
}

/** `targets` are those that have the lines. */
type Lines = (targets: readonly Target[], lines: string) => string;

export function wholeLanguage(target: Target, { run, amqpPort }: WholeNames): string {
  const only: Lines = (targets, lines) => (targets.includes(target) ? lines : '');
  return `warren: 1
target: '${target}'
broker: { plugins: [rabbitmq_consistent_hash_exchange, rabbitmq_random_exchange, rabbitmq_sharding, rabbitmq_shovel, rabbitmq_federation, rabbitmq_stream] }
globalParameters:
  'text ${run}': a text
  'number ${run}': 1.5
  'list ${run}': [1, two, null, { three: 3 }]
  'table ${run}': { nested: { value: true, list: [] } }
vhosts:
${classicVhost(target, run, only)}
${quorumVhost(run, only)}
${quotaVhost(run)}
${routingVhost(run, only)}
${linkedVhost(run, amqpPort, only)}
users:
  'plain ${run}':
    tags: [monitoring, policymaker, own-tag]
    limits: { maxConnections: 7, maxChannels: 70 }
    permissions:
      'classic ${run}': { configure: '^$', write: '^(amq\\.default|jobs)$', read: '^jobs$' }
      'routing ${run}': { read: '^all$' }
    topicPermissions:
      'routing ${run}':
        events: { write: '^order\\.', read: '^order\\.paid$' }
        amq.topic: { write: '^$', read: '.*' }
  'mover ${run}':
    permissions:
      'linked ${run}': { configure: '.*', write: '.*', read: '.*' }
  'nobody ${run}':
  'worker ${run}':
    roles:
      'classic ${run}': { publisher: [amq.default, amq.topic], consumer: [jobs], owner: ['user:{id}', transient], subscriber: [amq.direct] }
      'quorum ${run}': { publisher: [work], consumer: [orders, ladder] }
      'routing ${run}': { owner: [events], celery: [all] }
  'watcher ${run}':
    roles:
      'classic ${run}': { monitor: true }
  'chief ${run}':
    roles:
      'routing ${run}': { administrator: true }
`;
}

const IN_4: readonly Target[] = ['4.0', '4.3'];

function classicVhost(target: Target, run: string, only: Lines): string {
  return `
  'classic ${run}':
    description: Classic queues, ü 😀
    tags: [shop, eu]
    limits: { maxConnections: 100, maxQueues: 50 }
${only(['4.3'], '    deletionProtection: true')}
    queues:
      plain:
      jobs:
        type: classic
        ttl: 1h30m
        expires: 1d
        maxLength: 1000
        maxLengthBytes: 5MB
        overflow: reject-publish-dlx
        deadLetter: { exchange: amq.topic, routingKey: dead.jobs }
        priorities: 9
      single:
        singleActiveConsumer: true
        deadLetter: { queue: plain }
        leaderLocator: balanced
        bindings:
          - { exchange: amq.direct, routingKey: single }
          - { exchange: amq.fanout }
          - { exchange: amq.topic, routingKey: dead.* }
          - { exchange: amq.headers, arguments: { x-match: all, tenant: a, size: 3, urgent: true } }
${only(IN_4, '      versioned: { queueVersion: 2, consumerTimeout: 2h }')}
${only(['3.10'], '      mirrored: { type: classic, replicated: true, priorities: 3 }')}
      transient: { durable: false, expires: 5m }
      auto: { autoDelete: true }
      'hostile /%2F 😀':
        maxLength: 0
        ttl: 0s
        bindings: [{ exchange: amq.topic, routingKey: 'a.*.#.ü' }]
      application's:
        declaredWith: { x-message-ttl: 60000, x-max-length: 5, x-dead-letter-exchange: '', x-dead-letter-routing-key: plain }
      with-arguments:
        arguments: { x-own: [1, two, true], x-text: text, x-number: -1 }
    families:
      'user:{id}': { ttl: 30m, maxLength: 100, overflow: drop-head, expires: 1h, deadLetter: { queue: plain }, leaderLocator: balanced }
${only(IN_4, "      'version:{id}': { queueVersion: 2 }")}
      'college:{id}:{year}': { maxLengthBytes: 1KiB, durable: false${target === '3.10' ? ', replicated: true' : ''} }
    policies:
      lengths: { pattern: '^plain$', applyTo: queues, priority: 5, definition: { max-length: 10, overflow: drop-head } }
      alternate: { pattern: '^unused$', applyTo: exchanges, priority: 1, definition: { alternate-exchange: amq.fanout } }
      everything: { pattern: '^unused-', applyTo: all, priority: 0, definition: { queue-mode: lazy } }
${only(IN_4, "      typed: { pattern: '^unused$', applyTo: classic_queues, definition: { max-length: 7 } }")}
    operatorPolicies:
      ceiling: { pattern: '^jobs$', priority: 2, definition: { max-length: 500, message-ttl: 3600000 } }
${only(IN_4, "      typed: { pattern: '^unused$', applyTo: quorum_queues, definition: { delivery-limit: 7, max-length: 9, overflow: reject-publish } }")}`;
}

function quorumVhost(run: string, only: Lines): string {
  return `
  'quorum ${run}':
${only(IN_4, '    defaultQueueType: quorum')}
    exchanges:
      work:
    queues:
      dead: { type: quorum, deliveryLimit: 3 }
      orders:
        type: quorum
        maxLength: 1000
        overflow: reject-publish
        deadLetter: { queue: dead, strategy: at-least-once }
        deliveryLimit: 5
        initialClusterSize: 1
        leaderLocator: client-local
        singleActiveConsumer: true
${only(IN_4, '        targetGroupSize: 1')}
${only(IN_4, '        consumerTimeout: 45m')}
${only(['4.3'], '        consumerDisconnectedTimeout: 1m')}
        bindings: [{ exchange: work, routingKey: order }]
      copied: { replicated: true }
${only(IN_4, '      unlimited: { deliveryLimit: -1 }')}
${only(IN_4, '      old-style: { type: classic }')}
${only(['4.3'], '      patient: { type: quorum, delayedRetry: { type: failed, min: 1s, max: 1m } }')}
      log: { type: stream, maxAge: 7d, maxLengthBytes: 20GB, maxSegmentSize: 50MB, leaderLocator: balanced, initialClusterSize: 1 }
${only(IN_4, '      filtered: { type: stream, filterSize: 32 }')}
      ladder:
        type: quorum
        retry: { attempts: 3, delay: 1s, factor: 2, method: ladder }
        deadLetter: { queue: dead }
      stages:
        type: classic
        retry: { attempts: 2, delay: 1s, method: stages }
        deadLetter: { queue: dead }
${only(['4.3'], '      delayed: { type: quorum, retry: { attempts: 3, delay: 1s, maxDelay: 10s, method: delayed-retry }, deadLetter: { queue: dead } }')}
    families:
      'tasks:{id}':
        declaredWith: { x-queue-type: quorum }
        deliveryLimit: 4
${only(IN_4, '        targetGroupSize: 1')}
${only(IN_4, '        consumerTimeout: 1h')}
${only(['4.3'], '        consumerDisconnectedTimeout: 2m')}
${only(['4.3'], '        delayedRetry: { min: 2s }')}
      'feed:{id}':
        declaredWith: { x-queue-type: stream }
        maxAge: 1d
        maxSegmentSize: 10MB
${only(IN_4, '        filterSize: 64')}
    superStreams:
      invoices:
        partitions: 3
        maxAge: 30d
        maxSegmentSize: 100MB
        maxLengthBytes: 1GB
        initialClusterSize: 1
        leaderLocator: balanced
${only(IN_4, '        filterSize: 16')}`;
}

function quotaVhost(run: string): string {
  return `
  'quotas ${run}':
    quotas: { maxLength: 100000, maxLengthBytes: 1GB, ttl: 7d, expires: 30d }
    operatorPolicies:
      tighter: { pattern: '^tight$', priority: 3, definition: { max-length: 10 } }
    queues:
      tight: { maxLength: 1000 }
      loose:`;
}

function routingVhost(run: string, only: Lines): string {
  return `
  'routing ${run}':
    exchanges:
      direct:
      events: { type: topic, alternate: unrouted }
      unrouted: { type: fanout }
      matched: { type: headers, durable: false }
      internal: { type: fanout, internal: true, bindings: [{ exchange: events, routingKey: 'order.#' }, { exchange: matched, arguments: { x-match: any, kind: order, total: 5 } }] }
      gone-with-its-last-binding: { autoDelete: true, bindings: [{ exchange: direct, routingKey: x }] }
      by-key: { type: x-consistent-hash }
      by-header: { type: x-consistent-hash, hashOn: { header: customer } }
      by-property: { type: x-consistent-hash, hashOn: { property: message_id } }
      random: { type: x-random }
      sharded: { type: x-modulus-hash }
${only(IN_4, '      nearby: { type: x-local-random }')}
      argued: { type: topic, arguments: { x-own: text, x-number: 7 } }
    queues:
      all:
        bindings:
          - { exchange: unrouted }
          - { exchange: internal }
          - { exchange: by-key, routingKey: '10' }
          - { exchange: by-header, routingKey: '20' }
          - { exchange: by-property, routingKey: '30' }
          - { exchange: random }
          - { exchange: matched, arguments: { x-match: all, kind: order } }
          - { exchange: argued, routingKey: '#', arguments: { note: 1 } }
          - { exchange: events, routingKey: order.paid }
          - { exchange: gone-with-its-last-binding, routingKey: y }`;
}

function linkedVhost(run: string, amqpPort: number, only: Lines): string {
  const here = `amqp://127.0.0.1:${amqpPort}/linked%20${run}`;
  return `
  'linked ${run}':
    exchanges:
      federated: { type: fanout }
    queues:
      inbox:
      outbox:
    policies:
      federate: { pattern: '^federated$', applyTo: exchanges, definition: { federation-upstream-set: everybody } }
    federationUpstreams:
      plain: { uri: 'amqp://127.0.0.1:1' }
      full:
        uri: ['amqp://127.0.0.1:1/a%2Fb', 'amqps://127.0.0.1:2?verify=verify_none']
        user: 'mover ${run}'
        exchange: events
        queue: orders
        prefetch: 100
        reconnectDelay: 90s
        ackMode: on-publish
        trustUserId: true
        maxHops: 2
        expires: 1h
        messageTtl: 10m
        consumerTag: tag
        bindNowait: true
        resourceCleanupMode: never
        channelUseMode: single
${only(IN_4, '        queueType: quorum')}
    federationUpstreamSets:
      everybody: [plain, full]
    shovels:
      queues:
        source: { uri: '${here}', user: 'mover ${run}', queue: inbox, prefetch: 10, deleteAfter: never }
        destination: { uri: ['${here}'], user: 'mover ${run}', queue: outbox, addForwardHeaders: true, addTimestampHeader: true }
        ackMode: on-confirm
        reconnectDelay: 5s
      exchanges:
        source: { uri: 'amqp:///linked%20${run}', exchange: amq.topic, routingKey: '#', deleteAfter: 1000 }
        destination: { uri: 'amqp:///linked%20${run}', exchange: federated, routingKey: moved }
        ackMode: on-publish
      other-protocol:
        source: { protocol: amqp10, uri: 'amqp://127.0.0.1:1', address: /queues/inbox }
        destination: { protocol: amqp10, uri: 'amqp://127.0.0.1:1', address: /queues/outbox }
        ackMode: no-ack
    parameters:
      shovel:
        own-words: { src-uri: 'amqp://127.0.0.1:1', src-queue: a, dest-uri: 'amqp://127.0.0.1:1', dest-queue: b, reconnect-delay: 300 }`;
}
