/** What `warren route` shows, word for word. */
import { describe, expect, it } from 'vitest';
import type { Target } from '../../../topology/index';
import { renderRouteJson } from '../../../topology/render/route/json';
import { renderRoute } from '../../../topology/render/route/text';
import type { Message } from '../../../topology/route/publish';
import { reportRoute } from '../../../topology/route/report';
import { vhostOf } from './simulation';

function shown(
  yaml: string,
  message: Partial<Message> & { exchange: string },
  target: Target = '4.0',
): readonly string[] {
  const report = reportRoute(vhostOf(yaml, target), { routingKey: '', headers: {}, ...message });
  return renderRoute(report, { color: false }).split('\n');
}

const LADDER = `{
  exchanges: { orders: { type: topic, alternate: lost }, lost: { type: fanout } },
  queues: {
    paid: { type: quorum, overflow: reject-publish, maxLength: 10000, retry: { attempts: 2, delay: 1s, factor: 2 },
      deadLetter: { queue: failed }, bindings: [{ exchange: orders, routingKey: order.paid.* }] },
    failed: { maxLength: 1000 },
    unknown: { ttl: 1d, expires: 2d, bindings: [{ exchange: lost }] },
  },
}`;

describe('warren route', () => {
  it('shows a retry ladder with its delays', () => {
    expect(shown(LADDER, { exchange: 'orders', routingKey: 'order.paid.1', headers: { a: 1 } })).toEqual([
      'order.paid.1 {a: 1} → orders (topic exchange)   vhost v, RabbitMQ 4.0',
      '└─ paid  quorum queue  [binding order.paid.*]',
      '   ├─ when full (10,000 messages): refuses new ones, and their publisher gets a nack',
      '   └─ when rejected',
      '      → exchange paid.retry, key kept (order.paid.1), at least once',
      '      └─ paid.retry.1  quorum queue  [nothing matches → alternate paid.retry.first → any key]',
      '         └─ after 1s, when rejected, or when returned more than 20 times',
      '            → exchange paid.retry.back, key paid.retry.2, at least once',
      '            └─ paid  quorum queue  [any key]',
      '               ├─ when full (10,000 messages): dead letters wait in the queue that they come from',
      '               └─ when rejected',
      '                  → exchange paid.retry, key kept (paid.retry.2), at least once',
      '                  └─ paid.retry.2  quorum queue  [binding paid.retry.2]',
      '                     └─ after 2s (3s of waiting in all), when rejected, or when returned more than 20 times',
      '                        → exchange paid.retry.back, key paid.retry.dead, at least once',
      '                        └─ paid  quorum queue  [any key]',
      '                           ├─ when full (10,000 messages): dead letters wait in the queue that they come from',
      '                           └─ when rejected',
      '                              → exchange paid.retry, key kept (paid.retry.dead), at least once',
      '                              └─ failed  classic queue  [binding paid.retry.dead]',
      '                                 └─ stays until it is consumed; gone when newer ones push it out (over 1,000 messages) or when rejected',
    ]);
  });

  it('says why a message goes nowhere, and what nearly takes it', () => {
    const yaml = `{
      exchanges: { t: { type: topic }, h: { type: headers } },
      queues: {
        a: { bindings: [{ exchange: t, routingKey: order.paid.* }, { exchange: h, arguments: { size: 5, kind: x } }] },
        b: { bindings: [{ exchange: t, routingKey: user.created }] },
      },
      families: { 'f:{id}': { ttl: 1m } },
    }`;
    const help = (bound: string, name: string): string =>
      `help: bind a queue ${bound}, or publish what a binding takes, or give ${name} an \`alternate\` exchange that catches the rest.`;
    const note =
      'note: queues of the families (f:{id}) may bind themselves when the application declares them.';
    expect(shown(yaml, { exchange: 't', routingKey: 'order.payd.1' })).toEqual([
      'order.payd.1 → t (topic exchange)   vhost v, RabbitMQ 4.0',
      '└─ no binding takes it: dropped, or returned to a publisher who asks for that (mandatory)',
      '',
      'Bindings that nearly take it:',
      '- t, binding order.paid.* to a: "payd" is not "paid"',
      '',
      help('with this key', 't'),
      note,
    ]);
    expect(shown(yaml, { exchange: 'h', headers: { size: '5' } }).slice(2)).toEqual([
      '',
      'Bindings that nearly take it:',
      '- h, binding all of {size: 5, kind: "x"} to a: the header size must be 5, not "5", the header kind must be "x", and isn\'t there',
      '',
      help('for these headers', 'h'),
      note,
    ]);
    expect(shown(yaml, { exchange: '', routingKey: 'A' }).slice(1)).toEqual([
      '└─ no queue has this name: dropped, or returned to a publisher who asks for that (mandatory)',
      '',
      'Names like it:',
      '- a',
      '',
      'help: publish with the name of a queue, or add the queue.',
    ]);
  });

  it.each<[string, string, Partial<Message> & { exchange: string }, string[]]>([
    [
      'a circle',
      '{ queues: { a: { ttl: 1m, deadLetter: { queue: b } }, b: { ttl: 1m, deadLetter: { queue: a } } } }',
      { exchange: '', routingKey: 'a' },
      [
        '└─ a  classic queue',
        '   ├─ after 1m',
        '   │  → the default exchange, key b, at most once',
        '   │  └─ b  classic queue',
        '   │     ├─ after 1m (2m of waiting in all)',
        '   │     │  → the default exchange, key a, at most once',
        '   │     │  └─ a: gone, as it was there before and nothing rejected it on the way round',
        '   │     └─ when rejected',
        '   │        → the default exchange, key a, at most once',
        '   │        └─ a  classic queue: here it was before, and goes round',
        '   └─ when rejected',
        '      → the default exchange, key b, at most once',
        '      └─ b  classic queue',
        '         └─ after 1m or when rejected',
        '            → the default exchange, key a, at most once',
        '            └─ a  classic queue: here it was before, and goes round',
      ],
    ],
    [
      'an internal exchange',
      '{ exchanges: { x: { internal: true } } }',
      { exchange: 'x' },
      [
        '└─ refused (403, and the channel is closed): the exchange is internal, only other exchanges may send to it',
      ],
    ],
    [
      'a choice, a stream, and a queue that expires',
      `{ exchanges: { x: { type: x-random } }, queues: { a: { expires: 1h, bindings: [{ exchange: x }] }, s: { type: stream, maxLengthBytes: 5GB, bindings: [{ exchange: x }] } } }`,
      { exchange: 'x' },
      [
        '├─ a  classic queue  one of these: x (x-random) chooses  [binding ""]',
        '│  ├─ if nobody uses the queue for 1h: deleted with its messages, which are gone',
        '│  └─ stays until it is consumed; gone when rejected',
        '└─ s  stream  one of these: x (x-random) chooses  [binding ""]',
        '   └─ stays for every consumer to read, up to 5GB',
      ],
    ],
    [
      'a dead letter that goes nowhere',
      "{ exchanges: { x: { type: fanout } }, queues: { a: { declaredWith: { x-dead-letter-exchange: x } } }, families: { 'f:{i}': } }",
      { exchange: '', routingKey: 'a', cc: ['f:1'] },
      [
        '├─ a  classic queue',
        '│  └─ when rejected',
        '│     → exchange x, key kept (a), at most once: no binding takes it, so it is gone',
        '└─ f:1  classic queue  of the family f:{i}, if the application has declared it',
        '   └─ stays until it is consumed; gone when rejected',
      ],
    ],
  ])('shows %s', (_, yaml, message, expected) => {
    expect(shown(yaml, message).slice(1)).toEqual(expected);
  });

  it('says on 4.3 what counts as returned', () => {
    const yaml = '{ queues: { a: { type: quorum } } }';
    expect(shown(yaml, { exchange: '', routingKey: 'a' }, '4.3').at(-1)).toMatch(
      /not by basic.nack, and keeps its count/,
    );
    expect(shown(yaml, { exchange: '', routingKey: 'a' }, '4.0').at(-1)).not.toMatch(/basic.nack/);
  });

  it('writes the same as JSON', () => {
    const report = reportRoute(vhostOf(LADDER), {
      exchange: 'orders',
      routingKey: 'order.paid.1',
      headers: {},
    });
    expect(JSON.parse(renderRouteJson(report))).toMatchObject({
      vhost: 'v',
      outcome: 'routed',
      reaches: [
        {
          queue: 'paid',
          certainty: 'certain',
          path: [{ exchange: 'orders', binding: { routingKey: 'order.paid.*' } }],
        },
      ],
      fates: [
        {
          queue: 'paid',
          settings: { type: 'quorum', maxLength: 10_000 },
          ways: [
            {
              events: ['rejected'],
              outcome: 'moved',
              deadLetter: { exchange: 'paid.retry', routingKey: 'order.paid.1', guarantee: 'at-least-once' },
              fates: [{ queue: 'paid.retry.1', settings: { ttlMs: 1000 } }],
            },
          ],
        },
      ],
    });
  });
});
