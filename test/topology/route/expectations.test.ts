/** What a failing expectation says. Where it is found: test/topology/fixtures/expectation-failed.yaml. */
import { describe, expect, it } from 'vitest';
import { load } from '../../../topology/index';

const VHOST = `
    exchanges:
      orders: { type: topic, alternate: unknown }
      unknown: { type: fanout }
      strict: { type: direct }
    queues:
      paid:
        type: quorum
        ttl: 2h
        overflow: reject-publish
        maxLength: 1000
        deadLetter: { queue: failed }
        bindings: [{ exchange: orders, routingKey: order.paid.* }, { exchange: strict, routingKey: pay }]
      audit: { bindings: [{ exchange: orders, routingKey: 'order.#' }] }
      failed: { maxLength: 1000 }
      lost: { maxLength: 1000, bindings: [{ exchange: unknown }] }
      stuck: { type: quorum, ttl: 1s, overflow: reject-publish, maxLength: 5, deadLetter: { exchange: strict, routingKey: nowhere, strategy: at-least-once } }
      log: { type: stream, maxLengthBytes: 1GB }
    families: { 'f:{id}': { ttl: 1m } }
`;

function failures(expectation: string): readonly { message: string; reason?: string; help?: string }[] {
  const rules = 'rules: { dead-letter-unroutable: off }';
  const text = `warren: 1\ntarget: '4.0'\n${rules}\nvhosts:\n  shop:${VHOST}expect: [${expectation}]\n`;
  const { diagnostics, objects } = load(text, 'shop.yaml');
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(objects === undefined).toBe(errors.length > 0);
  expect(errors.filter(({ code }) => code !== 'expectation-failed')).toEqual([]);
  return errors;
}

describe('a failing expectation', () => {
  it.each([
    [
      '{ publish: { exchange: orders, routingKey: order.paid.1 }, reaches: [paid] }',
      'The message reaches "paid" and "audit"; expected was "paid".',
      'The way: "paid" by binding order.paid.*; "audit" by binding order.#.',
    ],
    [
      '{ publish: { exchange: orders, routingKey: x }, reaches: [] }',
      'The message reaches "lost"; expected was no queue.',
      'The way: "lost" by nothing matches → alternate unknown → any key.',
    ],
    [
      '{ publish: { exchange: strict, routingKey: pai }, reaches: [paid] }',
      'The message reaches no queue; expected was "paid".',
      'No binding of "strict" takes it; the nearest is the binding pay to "paid": it is "pay".',
    ],
    [
      '{ publish: { routingKey: Paid }, reaches: [paid] }',
      'The message reaches no queue; expected was "paid".',
      'No queue has this name; the nearest is "paid".',
    ],
    [
      '{ publish: { exchange: orders, routingKey: order.paid.1 }, after: [rejected], endsIn: [lost] }',
      'The message ends in "failed"; expected was "lost".',
      'What happens to it: paid –rejected→ failed; audit –rejected→ gone.',
    ],
    [
      '{ publish: { routingKey: stuck }, after: [expired], endsIn: [] }',
      'The message ends in "stuck"; expected was no queue.',
      'What happens to it: stuck –expired→ held back in stuck (nothing takes its dead letters).',
    ],
    [
      '{ publish: { routingKey: stuck }, after: [expired, rejected] }',
      "The message can't be rejected.",
      'There is nothing left to which that could happen: stuck –expired→ held back in stuck (nothing takes its dead letters).',
    ],
    [
      '{ publish: { routingKey: audit }, after: [expired] }',
      "The message can't expire.",
      'It is in "audit": "audit" has no ttl.',
    ],
    [
      '{ publish: { routingKey: paid }, after: [maxlen] }',
      "The message can't be pushed out (maxlen).",
      'It is in "paid": "paid" refuses new messages when it is full, and keeps the old ones.',
    ],
    [
      '{ publish: { routingKey: audit }, after: [delivery-limit] }',
      "The message can't be returned too often (delivery-limit).",
      'It is in "audit": "audit" is a classic queue, which counts no deliveries.',
    ],
    [
      '{ publish: { routingKey: log }, after: [rejected] }',
      "The message can't be rejected.",
      'It is in "log": "log" is a stream, which keeps its messages.',
    ],
  ])('%s', (expectation, message, reason) => {
    expect(failures(expectation)).toMatchObject([{ message, reason }]);
  });

  it('names the command that shows more, as a shell takes it', () => {
    const [failure] = failures(
      "{ publish: { exchange: orders, routingKey: it's, headers: { a: '5', b: 5, CC: [x, y] } }, reaches: [paid] }",
    );
    expect(failure?.help).toContain(
      "`npx warren route shop.yaml --vhost shop --exchange orders --key 'it'\\''s' --header a:string=5 --header b=5 --header CC=x --header CC=y`",
    );
  });
});

it('what is as expected is no finding', () => {
  const met = [
    '{ publish: { exchange: orders, routingKey: order.paid.1 }, reaches: [paid, audit] }',
    '{ publish: { exchange: orders, routingKey: order.paid.1 }, after: [expired], endsIn: [failed, audit] }',
    '{ publish: { exchange: orders, routingKey: order.paid.1 }, after: [rejected, rejected], endsIn: [] }',
    "{ publish: { routingKey: 'f:1' }, reaches: ['f:{id}'], after: [expired], endsIn: [] }",
    "{ publish: { exchange: amq.default, routingKey: 'f:1' }, reaches: ['f:1'] }",
    '{ publish: { routingKey: stuck }, after: [expired], endsIn: [stuck] }',
    '{ publish: { routingKey: nothing }, reaches: [] }',
  ];
  for (const expectation of met) expect(failures(expectation), expectation).toEqual([]);
});

it('an expectation is about the target', () => {
  const text = (target: string): string =>
    `warren: 1\ntarget: '${target}'\nvhosts: { v: { queues: { q: { type: quorum, maxLength: 5 } } } }\nexpect: [{ publish: { routingKey: q }, after: [delivery-limit], endsIn: [] }]\n`;
  const codes = (target: string): string[] =>
    load(text(target), 't.yaml').diagnostics.map(({ code }) => code);
  expect(codes('4.0')).not.toContain('expectation-failed');
  expect(codes('3.10')).toContain('expectation-failed');
});
