/** Random topologies of exchanges, queues, bindings and policies, and random messages for them. */
import fc from 'fast-check';
import type { ArgumentValue, Arguments, BrokerObject } from '../../topology/index';
import type { HeaderValue } from '../../topology/route/headers';
import type { Message } from '../../topology/route/publish';

/** Types that give a copy to every binding that matches. */
export const MATCHING_TYPES = ['direct', 'topic', 'headers', 'fanout'] as const;
/** Types that give it to one binding. */
export const CHOOSING_TYPES = ['x-consistent-hash', 'x-random', 'x-modulus-hash'] as const;

const PREDECLARED = {
  direct: 'amq.direct',
  topic: 'amq.topic',
  headers: 'amq.headers',
  fanout: 'amq.fanout',
};

/** Names are indexes until the topology gets a prefix of its own. */
export interface Blueprint {
  readonly exchanges: readonly {
    readonly type: string;
    readonly internal: boolean;
    /** The index of an exchange; one beyond the last is an exchange that isn't there. */
    readonly alternate: number | null;
  }[];
  readonly queueCount: number;
  readonly bindings: readonly {
    /** An exchange of the topology, or a predeclared one. */
    readonly source: number | keyof typeof PREDECLARED;
    readonly toExchange: boolean;
    readonly destination: number;
    readonly key: string;
    readonly headers: Arguments;
  }[];
  readonly policies: readonly {
    readonly exchanges: readonly number[];
    readonly alternate: number;
    readonly applyTo: 'exchanges' | 'all';
  }[];
}

const words = (choices: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...choices), { maxLength }).map((list) => list.join('.'));

/** RabbitMQ 4.3 takes two `#` in a key. */
const bindingKey = words(['a', 'b', 'c', '', '*', '*', '#', '#'], 4).filter(
  (key) => key.split('#').length <= 3,
);
export const routingKey = words(['a', 'b', 'c', '', 'a', '*', '#'], 4);

const argumentValue = fc.constantFrom<ArgumentValue>(1, 1, 1, 2, '1', 'x', 'x', '', true, 1.5);
const headerNames = ['h', 'k', 'x-p'];
const bindingHeaders = fc.record(
  {
    h: argumentValue,
    k: argumentValue,
    'x-p': argumentValue,
    'x-match': fc.constantFrom('all', 'any', 'any', 'all-with-x', 'any-with-x'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Arguments>;

export const messageHeaders = fc.dictionary(
  fc.constantFrom(...headerNames),
  fc.constantFrom<HeaderValue>(
    1,
    1,
    1,
    2,
    '1',
    'x',
    'x',
    '',
    true,
    false,
    1.5,
    null,
    { double: 1 },
    { double: 1.5 },
  ),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);

const EXCHANGES_MAX = 6;
const QUEUES_MAX = 8;

export const blueprint: fc.Arbitrary<Blueprint> = fc
  .record({
    exchangeCount: fc.integer({ min: 4, max: EXCHANGES_MAX }),
    queueCount: fc.integer({ min: 3, max: QUEUES_MAX }),
  })
  .chain(({ exchangeCount, queueCount }) => {
    const exchange = fc.nat(exchangeCount - 1);
    return fc.record({
      exchanges: fc
        .array(
          fc.record({
            internal: fc.nat(9).map((dice) => dice === 0),
            alternate: fc.option(fc.nat(exchangeCount), { freq: 1 }),
          }),
          { minLength: exchangeCount, maxLength: exchangeCount },
        )
        // Each type is there at least once.
        .map((list) => list.map((each, index) => ({ ...each, type: MATCHING_TYPES[index % 4] ?? 'fanout' }))),
      queueCount: fc.constant(queueCount),
      bindings: fc.array(
        fc.record({
          source: fc.oneof({ weight: 5, arbitrary: exchange }, { weight: 1, arbitrary: predeclared }),
          toExchange: fc.nat(3).map((dice) => dice === 0),
          destination: fc.nat(99),
          key: bindingKey,
          headers: bindingHeaders,
        }),
        { minLength: 10, maxLength: 30 },
      ),
      policies: fc.array(
        fc.record({
          exchanges: fc.uniqueArray(exchange, { minLength: 1, maxLength: 3 }),
          alternate: fc.nat(exchangeCount),
          applyTo: fc.constantFrom('exchanges' as const, 'all' as const),
        }),
        { maxLength: 2 },
      ),
    });
  });

const predeclared = fc.constantFrom(...MATCHING_TYPES);

/** The blueprint's exchanges, queues and bindings, in a vhost with other ones beside them. */
export function build(
  { exchanges, queueCount, bindings, policies }: Blueprint,
  vhost: string,
  prefix: string,
): BrokerObject[] {
  const nameOf = (index: number): string => `${prefix}-x${index}`;
  return [
    ...policies.map(({ exchanges: covered, alternate, applyTo }, priority) => ({
      kind: 'policy' as const,
      vhost,
      name: `${prefix}-p${priority}`,
      pattern: `^${prefix}-x[${covered.join('')}]$`,
      applyTo,
      priority,
      definition: { 'alternate-exchange': nameOf(alternate) },
    })),
    ...exchanges.map(({ type, internal, alternate }, index) => ({
      kind: 'exchange' as const,
      vhost,
      name: nameOf(index),
      type,
      durable: true,
      autoDelete: false,
      internal,
      arguments: alternate === null ? {} : { 'alternate-exchange': nameOf(alternate) },
    })),
    ...queueNames(queueCount, prefix).map((name) => ({
      kind: 'queue' as const,
      vhost,
      name,
      durable: true,
      autoDelete: false,
      arguments: {},
    })),
    ...bindings.map(({ source, toExchange, destination, key, headers }) => ({
      kind: 'binding' as const,
      vhost,
      source: typeof source === 'number' ? nameOf(source) : PREDECLARED[source],
      destinationType: toExchange ? ('exchange' as const) : ('queue' as const),
      destination: toExchange
        ? nameOf(destination % exchanges.length)
        : `${prefix}-q${destination % queueCount}`,
      routingKey: key,
      arguments: headers,
    })),
  ];
}

export function queueNames(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-q${index}`);
}

const furtherKeys = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.array(routingKey, { minLength: 1, maxLength: 2 }) },
);

/** A message whose exchange and keys are looked up when the topology has its names. */
export const messageShape = fc.record({
  exchange: fc.nat(99),
  key: routingKey,
  queue: fc.nat(99),
  headers: messageHeaders,
  cc: furtherKeys,
  bcc: furtherKeys,
});
export type MessageShape = typeof messageShape extends fc.Arbitrary<infer T> ? T : never;

/** Publishes to an exchange that is open to publishers, or, now and then, to a queue by its name. */
export function messageOf(
  shape: MessageShape,
  { exchanges, queueCount }: Blueprint,
  prefix: string,
): Message {
  const { headers, cc, bcc, key } = shape;
  const open = exchanges.flatMap(({ internal }, index) => (internal ? [] : [`${prefix}-x${index}`]));
  const all = ['', '', ...open, ...open, ...Object.values(PREDECLARED)];
  const exchange = all[shape.exchange % all.length] ?? '';
  const isDefault = exchange === '';
  const toKey = (text: string): string =>
    // Most of what is sent to the default exchange names a queue; some names none.
    isDefault && text.length % 4 !== 3 ? `${prefix}-q${(shape.queue + text.length) % queueCount}` : text;
  return {
    exchange,
    routingKey: toKey(key),
    headers,
    ...(cc === undefined ? {} : { cc: cc.map(toKey) }),
    ...(bcc === undefined ? {} : { bcc: bcc.map(toKey) }),
  };
}
