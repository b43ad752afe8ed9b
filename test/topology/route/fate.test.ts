/** What happens to messages in queues, with what RabbitMQ 3.10, 4.0 and 4.3 did; test/route compares with running brokers. */
import { describe, expect, it } from 'vitest';
import type { FateEvent, QueueType, Target } from '../../../topology/index';
import { deadLetter } from '../../../topology/route/deadLetters';
import { fatesOf } from '../../../topology/route/fate';
import type { QueueFate } from '../../../topology/route/fate';
import { queueSettings } from '../../../topology/route/queueSettings';
import type { Delivery } from '../../../topology/route/route';
import type { RoutedVhost } from '../../../topology/route/vhost';
import { routed, vhostOf } from './simulation';

type Shape = Readonly<Record<string, unknown>>;

/** Queue, then events, then what follows: `gone`, `held` or further queues; a queue that comes again ends in `…`. */
function shapeOf(fates: readonly QueueFate[]): Shape {
  return Object.fromEntries(
    fates.map(({ delivery, ways, end }) => [
      `${delivery.queue}${end === undefined ? '' : '…'}`,
      Object.fromEntries(
        ways.map(({ events, deadLettering, next }) => {
          const left = deadLettering?.guarantee === 'at-least-once' ? 'held' : 'gone';
          return [events.join(), next.length === 0 ? left : shapeOf(next)];
        }),
      ),
    ]),
  );
}

function fate(yaml: string, target: Target = '4.3', queue = 'a'): Shape {
  const vhost = vhostOf(yaml, target);
  const publication = routed(vhost, { exchange: '', routingKey: queue });
  if (publication.kind !== 'routed') throw new Error(publication.kind);
  return shapeOf(fatesOf(vhost, publication.routing.deliveries, publication.flight));
}

const safe = 'type: quorum, overflow: reject-publish';

describe('a message in a queue', () => {
  it.each<[string, Target, Shape]>([
    ['{ a: }', '4.3', { rejected: 'gone' }],
    ['{ a: { ttl: 1m, maxLength: 5 } }', '4.3', { 'expired,maxlen,rejected': 'gone' }],
    ['{ a: { ttl: 1m, maxLength: 5, overflow: reject-publish } }', '4.3', { 'expired,rejected': 'gone' }],
    ['{ a: { type: quorum } }', '4.3', { 'delivery-limit,rejected': 'gone' }],
    ['{ a: { type: quorum } }', '3.10', { rejected: 'gone' }],
    ['{ a: { type: quorum, deliveryLimit: -1 } }', '4.0', { rejected: 'gone' }],
    ['{ a: { type: stream } }', '4.3', {}],
    [
      '{ a: { ttl: 1m, deadLetter: { queue: b } }, b: }',
      '4.3',
      { 'expired,rejected': { b: { rejected: 'gone' } } },
    ],
  ])('%s on %s', (queues, target, expected) => {
    expect(fate(`{ queues: ${queues} }`, target)).toEqual({ a: expected });
  });
});

describe('circles of dead letters', () => {
  it('end where nobody rejects on the way, whatever else happens', () => {
    const queues =
      '{ a: { ttl: 1m, maxLength: 1, deadLetter: { queue: b } }, b: { ttl: 1m, deadLetter: { queue: a } } }';
    expect(fate(`{ queues: ${queues} }`)).toEqual({
      a: {
        'expired,maxlen': { b: { expired: 'gone', rejected: { 'a…': {} } } },
        rejected: { b: { 'expired,rejected': { 'a…': {} } } },
      },
    });
  });

  it('leave the other queues of the exchange alone', () => {
    const yaml = `{
      exchanges: { f: { type: fanout } },
      queues: { a: { ttl: 1m, deadLetter: { exchange: f }, bindings: [{ exchange: f }] }, b: { bindings: [{ exchange: f }] } },
    }`;
    expect(fate(yaml)).toEqual({
      a: { expired: { b: { rejected: 'gone' } }, rejected: { 'a…': {}, b: { rejected: 'gone' } } },
    });
  });

  it('go on for ever on 3.10 after any rejection, since it writes the deaths down in the wrong order', () => {
    const yaml = `{ queues: { a: { deadLetter: { queue: b } }, b: { ttl: 1m, deadLetter: { queue: c } }, c: { ttl: 1m, deadLetter: { queue: b } } } }`;
    const deaths: FateEvent[] = ['rejected', 'expired', 'expired', 'expired', 'expired'];
    expect(follow(vhostOf(yaml, '3.10'), deaths)).toEqual(['a', 'b', 'c', 'b', 'c', 'b']);
    expect(follow(vhostOf(yaml, '4.0'), deaths)).toEqual(['a', 'b', 'c']);
  });

  it('hold the message back where it is dead-lettered at least once', () => {
    const yaml = `{ queues: { a: { ${safe}, ttl: 1m, deadLetter: { queue: b, strategy: at-least-once } }, b: { ${safe}, ttl: 1m, deliveryLimit: -1, deadLetter: { queue: a, strategy: at-least-once } } } }`;
    expect(fate(yaml)).toMatchObject({
      a: { 'expired,delivery-limit': { b: { expired: 'held', rejected: { 'a…': {} } } } },
    });
  });
});

/** The queues that a message passes, while the events happen to it one after the other. */
function follow(vhost: RoutedVhost, events: readonly FateEvent[]): string[] {
  const publication = routed(vhost, { exchange: '', routingKey: 'a' });
  if (publication.kind !== 'routed') throw new Error(publication.kind);
  let { flight } = publication;
  let at: readonly Delivery[] = publication.routing.deliveries;
  const passed: string[] = [];
  for (const event of [...events, undefined]) {
    const [delivery] = at;
    if (delivery === undefined) break;
    passed.push(delivery.queue);
    const dead = event === undefined ? undefined : deadLetter(vhost, delivery.queue, flight, event);
    at = dead?.deliveries ?? [];
    flight = dead?.flight ?? flight;
  }
  return passed;
}

describe('what a queue really does', () => {
  const settings = (vhost: string, target: Target = '4.3'): unknown => vhostOf(vhost, target).settingsOf('a');

  it('is the lowest of argument, policy and operator policy', () => {
    const vhost = `{
      queues: { a: { type: quorum, arguments: { x-message-ttl: 900, x-max-length: 5, x-delivery-limit: 4 }, ttl: 1s, maxLength: 9 } },
      operatorPolicies: { o: { pattern: '.*', applyTo: queues, definition: { message-ttl: 800, max-length: 7, delivery-limit: -1, expires: 60000 } } },
    }`;
    expect(settings(vhost)).toEqual({
      type: 'quorum',
      ttlMs: 800,
      maxLength: 5,
      deliveryLimit: 4,
      expiresMs: 60_000,
      overflow: 'drop-head',
    });
  });

  it('takes an argument before a policy where there is no lower of the two', () => {
    const vhost = `{
      queues: { a: { arguments: { x-dead-letter-exchange: '', x-overflow: reject-publish-dlx }, maxLength: 1, overflow: reject-publish, deadLetter: { exchange: amq.fanout, routingKey: k } } },
      operatorPolicies: { o: { pattern: '.*', applyTo: queues, definition: { overflow: drop-head } } },
    }`;
    expect(settings(vhost)).toMatchObject({
      overflow: 'reject-publish-dlx',
      deadLetter: { exchange: '', routingKey: 'k', guarantee: 'at-most-once' },
    });
  });

  it('dead-letters at least once only where all that it takes is there', () => {
    const policy = { 'dead-letter-exchange': 'x', 'dead-letter-strategy': 'at-least-once' };
    const guarantee = (type: QueueType, overflow: string): unknown =>
      queueSettings({ type, arguments: { 'x-overflow': overflow }, policy, operatorPolicy: undefined }, '4.3')
        .deadLetter?.guarantee;
    expect(guarantee('quorum', 'reject-publish')).toBe('at-least-once');
    expect(guarantee('quorum', 'drop-head')).toBe('at-most-once');
    expect(guarantee('classic', 'reject-publish')).toBe('at-most-once');
  });

  it("is a family's by the name, with the arguments and the type that the application gives", () => {
    const vhost = vhostOf(
      "{ defaultQueueType: quorum, families: { 'u:{id}': { ttl: 1m, declaredWith: { x-max-length: 3 } } } }",
    );
    expect(vhost.settingsOf('u:7')).toMatchObject({
      type: 'quorum',
      ttlMs: 60_000,
      maxLength: 3,
      deliveryLimit: 20,
    });
  });
});

describe('headers that a dead letter gets', () => {
  const vhost = (target: Target): RoutedVhost =>
    vhostOf(
      `{
        exchanges: { h: { type: headers } },
        queues: {
          a: { ttl: 1m, deadLetter: { exchange: h } },
          first: { bindings: [{ exchange: h, arguments: { x-match: all-with-x, x-first-death-reason: expired } }] },
          last: { bindings: [{ exchange: h, arguments: { x-match: all-with-x, x-last-death-queue: a } }] },
        },
      }`,
      target,
    );
  const reached = (target: Target, event: FateEvent): string[] | undefined => {
    const flight = { exchange: '', routingKeys: ['a'], headers: {}, deaths: [] };
    return deadLetter(vhost(target), 'a', flight, event)?.deliveries.map(({ queue }) => queue);
  };
  it('are seen by a headers exchange', () => {
    expect(reached('3.10', 'expired')).toEqual(['first']);
    expect(reached('4.0', 'expired')).toEqual(['first', 'last']);
    expect(reached('4.3', 'rejected')).toEqual(['last']);
  });
});

it('a crowd of ways is cut, not followed for ever', () => {
  const names = Array.from({ length: 12 }, (_, index) => `q${index}`);
  const queues = names.map(
    (name) => `${name}: { ttl: 1m, deadLetter: { exchange: f }, bindings: [{ exchange: f }] }`,
  );
  const shape = fate(`{ exchanges: { f: { type: fanout } }, queues: { ${queues.join(', ')} } }`, '4.3', 'q0');
  expect(JSON.stringify(shape).length).toBeLessThan(200_000);
});
