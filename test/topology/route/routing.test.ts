/** Routing, with the answers that RabbitMQ 3.10, 4.0 and 4.3 gave; test/route compares with running brokers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topicMatches } from '../../../topology/route/topicTrie';
import { deliveries, routed, vhostOf } from './simulation';

describe('topic exchange', () => {
  const patterns = ['', '#', '*', '.', '*.*', '#.#', 'a.#', '#.a', 'a..b', 'a.*.b', '.#', '#.', 'a.#.b', 'a'];
  it.each([
    ['', ['', '#', '#.#']],
    ['.', ['#', '.', '*.*', '#.#', '.#', '#.']],
    ['a', ['#', '*', '#.#', 'a.#', '#.a', 'a']],
    ['a.', ['#', '*.*', '#.#', 'a.#', '#.']],
    ['a..b', ['#', '#.#', 'a.#', 'a..b', 'a.*.b', 'a.#.b']],
    ['a.b', ['#', '*.*', '#.#', 'a.#', 'a.#.b']],
    ['#', ['#', '*', '#.#']],
    ['a.#', ['#', '*.*', '#.#', 'a.#']],
    ['A', ['#', '*', '#.#']],
  ])('takes the key "%s"', (key, expected) => {
    expect(patterns.filter((pattern) => topicMatches(pattern, key)).sort()).toEqual(expected.sort());
  });

  it('agrees with the definition, whatever the words', () => {
    const words = (choices: readonly string[]): fc.Arbitrary<string> =>
      fc.array(fc.constantFrom(...choices), { maxLength: 6 }).map((list) => list.join('.'));
    let matches = 0;
    fc.assert(
      fc.property(words(['a', 'b', '', '*', '#']), words(['a', 'b', '', '#']), (pattern, key) => {
        const expected = matchesByDefinition(split(pattern), split(key));
        matches += expected ? 1 : 0;
        expect(topicMatches(pattern, key)).toBe(expected);
      }),
      { numRuns: 5000 },
    );
    expect(matches).toBeGreaterThan(500);
  });
});

const split = (key: string): string[] => (key === '' ? [] : key.split('.'));

function matchesByDefinition([first, ...rest]: string[], words: string[]): boolean {
  if (first === undefined) return words.length === 0;
  if (first === '#') {
    return (
      matchesByDefinition(rest, words) ||
      (words.length > 0 && matchesByDefinition([first, ...rest], words.slice(1)))
    );
  }
  return (
    words.length > 0 && (first === '*' || first === words[0]) && matchesByDefinition(rest, words.slice(1))
  );
}

describe('headers exchange', () => {
  const bindings = {
    none: '{}',
    noneOfAny: '{ x-match: any }',
    all: "{ a: '1', b: '2' }",
    any: "{ a: '1', b: '2', x-match: any }",
    number: '{ h: 5 }',
    text: "{ h: '5' }",
    half: '{ h: 5.5 }',
    flag: '{ h: true }',
    private: '{ x-k: v }',
    privateWithX: '{ x-k: v, x-match: all-with-x }',
    anyWithX: "{ a: '1', x-k: v, x-match: any-with-x }",
  };
  const always = ['none', 'private'];
  const queues = Object.entries(bindings).map(
    ([name, given]) => `${name}: { bindings: [{ exchange: h, arguments: ${given} }] }`,
  );
  const yaml = `{ exchanges: { h: { type: headers } }, queues: { ${queues.join(', ')} } }`;

  it.each([
    ['nothing', {}, []],
    ['one of two', { a: '1' }, ['any', 'anyWithX']],
    ['both', { a: '1', b: '2' }, ['all', 'any', 'anyWithX']],
    ['a wrong value', { a: '2' }, []],
    ['an integer', { h: 5 }, ['number']],
    ['text', { h: '5' }, ['text']],
    ['a double', { h: 5.5 }, ['half']],
    ['a double that is written so', { h: { double: 5.5 } }, ['half']],
    ['a flag', { h: true }, ['flag']],
    ['no value', { h: null }, []],
    ['a private header', { 'x-k': 'v' }, ['privateWithX', 'anyWithX']],
  ])('with %s', (_, headers, expected) => {
    expect(deliveries(vhostOf(yaml), { exchange: 'h', headers })).toEqual([...always, ...expected].sort());
  });

  it('takes 5.0 for 5 on 3.10 only', () => {
    const message = { exchange: 'h', headers: { h: { double: 5 } } };
    expect(deliveries(vhostOf(yaml, '3.10'), message)).toEqual([...always, 'number'].sort());
    expect(deliveries(vhostOf(yaml, '4.0'), message)).toEqual(always);
  });
});

describe('alternate exchanges', () => {
  const vhost = vhostOf(`{
    exchanges: {
      d: { type: direct, alternate: f }, f: { type: fanout }, back: { alternate: other },
      loop: { alternate: other }, other: { alternate: loop },
      outer: { type: direct, alternate: f }, inner: { type: direct, alternate: f2, bindings: [{ exchange: outer, routingKey: k }] },
      f2: { type: fanout }, byPolicy: { type: direct }, byBoth: { type: direct, alternate: f2 },
    },
    queues: {
      caught: { bindings: [{ exchange: f }] }, caught2: { bindings: [{ exchange: f2 }] },
      q: { bindings: [{ exchange: d, routingKey: k }] },
    },
    policies: { ae: { pattern: '^by', applyTo: exchanges, definition: { alternate-exchange: f } } },
  }`);
  it.each([
    ['is used when nothing else takes it', 'd', 'x', ['caught']],
    ['is not used beside a binding', 'd', 'k', ['q']],
    ['may be a circle', 'loop', 'x', []],
    ['counts for each exchange by itself: a bound exchange has taken it', 'outer', 'k', ['caught2']],
    ['of the outer exchange', 'outer', 'x', ['caught']],
    ['may come from a policy', 'byPolicy', 'x', ['caught']],
    ['as an argument goes before a policy', 'byBoth', 'x', ['caught2']],
  ])('%s', (_, exchange, routingKey, expected) => {
    expect(deliveries(vhost, { exchange, routingKey })).toEqual(expected);
  });
});

describe('exchanges', () => {
  it('go round in circles and deliver once', () => {
    const vhost = vhostOf(`{
      exchanges: { a: { type: fanout, bindings: [{ exchange: b }] }, b: { type: fanout, bindings: [{ exchange: a }] } },
      queues: { q: { bindings: [{ exchange: a }, { exchange: b }, { exchange: a, routingKey: again }] }, r: { bindings: [{ exchange: b }] } },
    }`);
    expect(deliveries(vhost, { exchange: 'a' })).toEqual(['q', 'r']);
    expect(deliveries(vhost, { exchange: 'b' })).toEqual(['q', 'r']);
  });

  it('that are predeclared are there, and the default one knows queues by their names', () => {
    const vhost = vhostOf('{ queues: { q: { bindings: [{ exchange: amq.topic, routingKey: a.* }] }, r: } }');
    expect(deliveries(vhost, { exchange: 'amq.topic', routingKey: 'a.b' })).toEqual(['q']);
    expect(deliveries(vhost, { exchange: '', routingKey: 'r' })).toEqual(['r']);
    expect(deliveries(vhost, { exchange: '', routingKey: 'r', cc: ['q'], bcc: ['q', 'nobody'] })).toEqual([
      'q',
      'r',
    ]);
    expect(deliveries(vhost, { exchange: 'amq.fanout' })).toEqual([]);
    expect(routed(vhost, { exchange: 'amq.rabbitmq.trace' }).kind).toBe('internal');
    expect(routed(vhost, { exchange: 'amq.nothing' }).kind).toBe('no-exchange');
  });

  it('that are internal are closed to publishers, and open to other exchanges', () => {
    const vhost = vhostOf(`{
      exchanges: { out: { type: fanout }, in: { type: fanout, internal: true, bindings: [{ exchange: out }] } },
      queues: { q: { bindings: [{ exchange: in }] } },
    }`);
    expect(routed(vhost, { exchange: 'in' }).kind).toBe('internal');
    expect(deliveries(vhost, { exchange: 'out' })).toEqual(['q']);
  });

  it('know a family only by the names that it can have', () => {
    const vhost = vhostOf("{ queues: { 'user:0': }, families: { 'user:{id}': { ttl: 1m } } }");
    const of = (routingKey: string): unknown => {
      const publication = routed(vhost, { exchange: '', routingKey });
      return publication.kind === 'routed' ? publication.routing.deliveries : publication.kind;
    };
    expect(of('user:7')).toMatchObject([{ queue: 'user:7', family: 'user:{id}', certainty: 'certain' }]);
    expect(of('user:0')).toMatchObject([{ queue: 'user:0', certainty: 'certain' }]);
    expect(of('user:')).toEqual([]);
  });
});

describe('exchanges that choose, or that nobody knows', () => {
  const vhost = vhostOf(`{
    exchanges: {
      hash: { type: x-consistent-hash }, one: { type: x-consistent-hash }, odd: { type: x-odd, alternate: spare }, spare: { type: fanout },
      both: { type: fanout }, inner: { type: x-consistent-hash, bindings: [{ exchange: both }] },
    },
    queues: {
      a: { bindings: [{ exchange: hash, routingKey: '1' }, { exchange: one, routingKey: '1' }, { exchange: inner, routingKey: '1' }] },
      b: { bindings: [{ exchange: hash, routingKey: '1' }, { exchange: inner, routingKey: '1' }, { exchange: both }] },
      c: { bindings: [{ exchange: odd }, { exchange: spare }] }, d: { bindings: [{ exchange: spare }] },
    },
  }`);
  const certainties = (exchange: string): unknown => {
    const publication = routed(vhost, { exchange });
    if (publication.kind !== 'routed') return publication.kind;
    return publication.routing.deliveries.map(({ queue, certainty }) => `${queue} ${certainty}`).sort();
  };
  it.each([
    ['hash', ['a one-of', 'b one-of']],
    ['one', ['a certain']],
    ['both', ['a one-of', 'b certain']],
    ['odd', ['c possible', 'd possible']],
  ])('%s', (exchange, expected) => {
    expect(certainties(exchange)).toEqual(expected);
  });
});
