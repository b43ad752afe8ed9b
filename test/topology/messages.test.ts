/** What is said about a fault: the words by which a person finds the place and the way out. */
import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import { loadFiles } from './memoryFiles';

/** Every message, reason and help about it, and the code in front. */
function said(yaml: string): string[] {
  const { diagnostics } = load(`warren: 1\n${yaml}\n`, 't.yaml');
  return diagnostics.map(
    ({ code, message, reason = '', help = '' }) => `${code}: ${message} ${reason} ${help}`,
  );
}

describe('a fault in an item of a list', () => {
  it.each([
    ['workers: { w: { vhost: v, queues: [a, b, 5] } }', 'The value of "queues[2]" must be text'],
    ['expect: [{ publish: {}, after: [gone] }]', '"gone" is not a value of "after[0]"'],
    [
      'vhosts: { v: { queues: { q: { arguments: { x-a: [[1, {}]] } } } } }',
      'The value of "x-a[0][1]" must be',
    ],
    ['vhosts: { v: { queues: { q: { bindings: [5] } } } }', 'The value of "bindings[0]" must be a mapping'],
  ])('%s', (yaml, text) => {
    expect(said(yaml).join('\n')).toContain(text);
  });
});

it.each([
  ['broker: { heartbeat: 500ms }', 'is not a time in whole seconds for "heartbeat"'],
  ['broker: { heartbeat: 1m500ms }', 'Write whole seconds, minutes, hours or days'],
  ['broker: { heartbeat: 30 }', 'has no unit: 30'],
  ['broker: { heartbeat: 60d }', '"60d" is too long for "heartbeat"'],
  ['vhosts: { v: { queues: { q: { durable: yes } } } }', 'Write true, without quotes.'],
  ['vhosts: { v: { queues: { q: { durable: "off" } } } }', 'Write false, without quotes.'],
  [
    'vhosts: { v: { queues: { q: { declaredWith: { x-single-active-consumer: yes } } } } }',
    'Write true, without',
  ],
  [
    'vhosts: { v: { queues: { q: { declaredWith: { x-single-active-consumer: 1 } } } } }',
    'Write true or false',
  ],
  ["vhosts: { v: { exchanges: { '': } } }", 'An exchange needs a name.'],
  [
    "vhosts: { v: { operatorPolicies: { '': { pattern: x, definition: {} } } } }",
    'An operator policy needs a name.',
  ],
  ["include: ['']", 'The name of a file is missing.'],
  ['vhosts: { v: { limits: { maxQueues: .inf } } }', '.inf'],
  ['vhosts: { v: { limits: { maxQueues: -.inf } } }', '-.inf'],
  ['workers: { w: { vhost: v, queues: [a], replicas: .nan } }', '.nan'],
  ['vhosts: { v: { queues: { q: { ttl: .inf } } } }', '.inf'],
])('%s: %s', (yaml, text) => {
  expect(said(yaml).join('\n')).toContain(text);
});

it.each(['30s', '1h30m', '0s', '0'])('a heartbeat of %s is fine', (heartbeat) => {
  expect(said(`broker: { heartbeat: ${heartbeat} }`)).toEqual([]);
});

it('a suppression of what is switched off says that it is', () => {
  const yaml = 'rules: { transient-queue: off }\nvhosts: { v: { queues: { q: { durable: false } } } }';
  expect(said(`${yaml} # warren-ignore transient-queue: why`)).toEqual([
    expect.stringContaining('"transient-queue" is switched off by `rules:`') as string,
  ]);
});

it('a retry that its application overrules is found once', () => {
  const queue =
    "{ declaredWith: { x-dead-letter-exchange: '' }, retry: { attempts: 2, delay: 1s }, deadLetter: { queue: d } }";
  expect(said(`vhosts: { v: { queues: { q: ${queue}, d: } } }`)).toEqual([
    expect.stringMatching(/^retry-target: /) as string,
  ]);
});

it('a retry whose waits are too long for RabbitMQ says which, and the way out', () => {
  const queue = '{ retry: { attempts: 8, delay: 1m, factor: 10 }, deadLetter: { queue: d } }';
  expect(said(`vhosts: { v: { queues: { q: ${queue}, d: } } }`)).toEqual([
    expect.stringMatching(
      /^retry-method: The wait before retry 6 of "q" is longer than 49d17h2m47s295ms\..*`maxDelay`/,
    ) as string,
  ]);
});

it('a suggestion in the reason why a file cannot be read ends the sentence', () => {
  const { diagnostics } = load('warren: 1\ninclude: [bse.yaml]\n', 'main.yaml', {
    readFile: () => ({ fault: 'there is no such file; did you mean base.yaml?' }),
  });
  expect(diagnostics[0]?.message).toBe(
    "bse.yaml can't be read: there is no such file; did you mean base.yaml?",
  );
});

it('several bases are one thing to speak of', () => {
  const { diagnostics } = loadFiles({
    'a.yaml': 'vhosts: { v: { queues: { paid: , sent: } } }',
    'b.yaml': 'vhosts: { v: { queues: { failed: } } }',
    'main.yaml': 'extends: [a.yaml, b.yaml]\nvhosts: { v: { queues: { payd: } } }',
  });
  expect(diagnostics.map(({ message }) => message)).toContain(
    'The queue "payd" in the vhost "v" is new; b.yaml over a.yaml has a queue "paid".',
  );
});

it('a fleet that consumes from a family gets no command of Celery: -Q takes no patterns', () => {
  const { topology } = load(
    `warren: 1
vhosts: { v: { celery: { app: shop }, queues: { q: }, families: { 'box:{id}': { expires: 1h } } } }
workers:
  queue: { vhost: v, queues: [q] }
  family: { vhost: v, queues: [q, 'box:{id}'] }
`,
    't.yaml',
  );
  expect(topology?.workers.map(({ name, command }) => [name, command])).toEqual([
    ['queue', ['celery', '-A', 'shop', 'worker', '-Q', 'q']],
    ['family', []],
  ]);
});
