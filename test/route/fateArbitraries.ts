/** Random small topologies in which messages die: by TTL, length, rejection and delivery limit, over dead letters. */
import fc from 'fast-check';
import type { ArgumentValue, Arguments, BrokerObject } from '../../topology/index';

const QUEUES = 4;
/** Long enough never to expire in a test. */
const FAR_MS = 3_600_000;

type Layer = 'argument' | 'policy' | 'operator';

export interface FatePlan {
  readonly queues: readonly {
    readonly type: 'classic' | 'quorum';
    /** What is said where; of limits the lowest counts. */
    readonly ttl: Partial<Record<Layer, number>>;
    readonly deliveryLimit: Partial<Record<Layer, number>>;
    /** 0: nothing stays. */
    readonly maxLength: Layer | null;
    readonly deadLetter: {
      readonly exchange: number | null;
      readonly key: string | null;
      readonly exchangeIn: 'argument' | 'policy';
      readonly keyIn: 'argument' | 'policy';
    } | null;
    readonly isSafe: boolean;
    readonly rejectsPublish: boolean;
  }[];
  readonly exchanges: readonly ('fanout' | 'direct' | 'topic' | 'headers')[];
  readonly bindings: readonly {
    readonly exchange: number;
    readonly queue: number;
    readonly key: string;
    readonly headers: Arguments;
  }[];
  readonly entry: { readonly exchange: number | null; readonly key: string };
  /** Which of the queues that hold messages is consumed from, and how: see Action. */
  readonly rounds: readonly { readonly queue: number; readonly event: 'rejected' | 'delivery-limit' }[];
}

const layers = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Partial<Record<Layer, T>>> =>
  fc.record({ argument: value, policy: value, operator: value }, { requiredKeys: [] });

const queueKey = fc.nat(QUEUES - 1).map((index) => `q${index}`);
const deathHeaders = fc.constantFrom<Arguments>(
  {},
  { 'x-match': 'all-with-x', 'x-first-death-reason': 'expired' },
  { 'x-match': 'any-with-x', 'x-first-death-reason': 'rejected', 'x-last-death-reason': 'expired' },
  { 'x-match': 'all-with-x', 'x-first-death-reason': 'maxlen' },
);

const queue = fc.record({
  type: fc.constantFrom('classic' as const, 'quorum' as const),
  // Half of the queues let messages expire soon.
  ttl: fc.oneof(
    fc.constant({}),
    layers(fc.constantFrom(60, FAR_MS, FAR_MS)),
    layers(fc.constantFrom(30, 60, 90)),
  ),
  deliveryLimit: layers(fc.constantFrom(1, 2)),
  maxLength: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom<Layer>('argument', 'policy', 'operator') },
  ),
  deadLetter: fc.option(
    fc.record({
      exchange: fc.option(fc.nat(1), { freq: 1 }),
      key: fc.option(
        fc.oneof({ weight: 6, arbitrary: queueKey }, { weight: 1, arbitrary: fc.constant('nowhere') }),
        { freq: 2 },
      ),
      exchangeIn: fc.constantFrom('argument' as const, 'policy' as const),
      keyIn: fc.constantFrom('argument' as const, 'policy' as const),
    }),
    { freq: 9 },
  ),
  isSafe: fc.boolean(),
  rejectsPublish: fc.nat(4).map((dice) => dice === 0),
});

export const fatePlan: fc.Arbitrary<FatePlan> = fc.record({
  queues: fc.array(queue, { minLength: QUEUES, maxLength: QUEUES }),
  exchanges: fc.array(fc.constantFrom('fanout', 'direct', 'topic', 'headers'), {
    minLength: 2,
    maxLength: 2,
  }),
  bindings: fc.array(
    fc.record({
      exchange: fc.nat(1),
      queue: fc.nat(QUEUES - 1),
      key: fc.oneof(queueKey, fc.constantFrom('#', '*')),
      headers: deathHeaders,
    }),
    { minLength: 2, maxLength: 7 },
  ),
  entry: fc.record({ exchange: fc.option(fc.nat(1), { freq: 1 }), key: queueKey }),
  rounds: fc.array(
    fc.record({
      queue: fc.nat(QUEUES - 1),
      event: fc.constantFrom('rejected' as const, 'delivery-limit' as const),
    }),
    { minLength: 4, maxLength: 4 },
  ),
});

export function queueName(prefix: string, index: number): string {
  return `${prefix}-q${index}`;
}

/** Keys that stand for queues (q0, q1 …) get their names. */
export function keyOf(prefix: string, key: string): string {
  return key.startsWith('q') ? `${prefix}-${key}` : key;
}

export function exchangeName(prefix: string, index: number | null): string {
  return index === null ? '' : `${prefix}-x${index}`;
}

type Definition = Record<string, ArgumentValue>;

export function buildFate(plan: FatePlan, vhost: string, prefix: string): BrokerObject[] {
  return [
    ...plan.queues.flatMap((_, index) => buildQueue(plan, index, vhost, prefix)),
    ...plan.exchanges.map((type, index) => ({
      kind: 'exchange' as const,
      vhost,
      name: exchangeName(prefix, index),
      type,
      durable: true,
      autoDelete: false,
      internal: false,
      arguments: {},
    })),
    ...plan.bindings.map(({ exchange, queue: destination, key, headers }) => ({
      kind: 'binding' as const,
      vhost,
      source: exchangeName(prefix, exchange),
      destination: queueName(prefix, destination),
      destinationType: 'queue' as const,
      routingKey: keyOf(prefix, key),
      arguments: headers,
    })),
  ];
}

function buildQueue(plan: FatePlan, index: number, vhost: string, prefix: string): BrokerObject[] {
  const settings = plan.queues[index];
  if (settings === undefined) return [];
  const { type, ttl, deliveryLimit, maxLength, deadLetter } = settings;
  const said: Record<Layer, Definition> = { argument: {}, policy: {}, operator: {} };
  for (const [layer, value] of Object.entries(ttl)) said[layer as Layer]['message-ttl'] = value;
  if (type === 'quorum') {
    for (const [layer, value] of Object.entries(deliveryLimit))
      said[layer as Layer]['delivery-limit'] = value;
  }
  if (maxLength !== null) said[maxLength]['max-length'] = 0;
  if (deadLetter !== null) {
    said[deadLetter.exchangeIn]['dead-letter-exchange'] = exchangeName(prefix, deadLetter.exchange);
    // RabbitMQ takes the key as an argument only beside the exchange as an argument.
    const keyIn = deadLetter.exchangeIn === 'argument' ? deadLetter.keyIn : 'policy';
    if (deadLetter.key !== null) said[keyIn]['dead-letter-routing-key'] = keyOf(prefix, deadLetter.key);
  }

  Object.assign(said.policy, overflow(plan, index));
  const name = queueName(prefix, index);
  const policy = { vhost, name: `${name}-p`, pattern: `^${name}$`, applyTo: 'queues' as const, priority: 0 };
  return [
    ...(Object.keys(said.policy).length === 0
      ? []
      : [{ kind: 'policy' as const, ...policy, definition: said.policy }]),
    ...(Object.keys(said.operator).length === 0
      ? []
      : [{ kind: 'operatorPolicy' as const, ...policy, definition: said.operator }]),
    {
      kind: 'queue',
      vhost,
      name,
      durable: true,
      autoDelete: false,
      arguments: {
        'x-queue-type': type,
        ...Object.fromEntries(Object.entries(said.argument).map(([key, value]) => [`x-${key}`, value])),
      },
    },
  ];
}

/**
 * A quorum queue may hand on at least once. Then no classic queue here refuses what comes and dead-letters it all the
 * same: the quorum queue would send it again and again.
 */
function overflow({ queues }: FatePlan, index: number): Definition {
  const settings = queues[index];
  if (settings?.type === 'quorum') {
    const isSafe = settings.isSafe && settings.maxLength === null;
    return isSafe ? { overflow: 'reject-publish', 'dead-letter-strategy': 'at-least-once' } : {};
  }
  const isSafeSomewhere = queues.some(({ type, isSafe }) => type === 'quorum' && isSafe);
  return settings?.rejectsPublish === true && !isSafeSomewhere ? { overflow: 'reject-publish-dlx' } : {};
}
