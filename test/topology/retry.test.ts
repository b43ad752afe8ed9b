/** What `retry` compiles to. That it works is shown on real brokers: test/broker/retry.test.ts. */
import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import type { BrokerObject, PolicyObject, Target } from '../../topology/index';

function compile(queue: string, target: Target = '4.3'): readonly BrokerObject[] {
  const text = `warren: 1\nvhosts:\n  v:\n    queues:\n      q: ${queue}\n      dead:\n`;
  const { objects, diagnostics } = load(text, 't.yaml', { target });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return objects ?? [];
}

function definitionOf(
  objects: readonly BrokerObject[],
  name: string,
): PolicyObject['definition'] | undefined {
  return objects.find(
    (object): object is PolicyObject => object.kind === 'policy' && object.name === `warren.${name}`,
  )?.definition;
}

function arrows(objects: readonly BrokerObject[]): string[] {
  return objects.flatMap((object) =>
    object.kind === 'binding' ? [`${object.source} --${object.routingKey}--> ${object.destination}`] : [],
  );
}

describe('retry', () => {
  it('as a ladder comes back to the same queue, with the rung as its key', () => {
    const objects = compile('{ retry: { attempts: 3, delay: 1s }, deadLetter: { queue: dead } }');
    expect(arrows(objects)).toEqual([
      'q.retry --q.retry.dead--> dead',
      'q.retry --q.retry.2--> q.retry.2',
      'q.retry --q.retry.3--> q.retry.3',
      'q.retry.back ----> q',
      'q.retry.first ----> q.retry.1',
    ]);
    expect(definitionOf(objects, 'q')).toEqual({ 'dead-letter-exchange': 'q.retry' });
    expect([1, 2, 3].map((rung) => definitionOf(objects, `q.retry.${rung}`))).toEqual([
      { 'message-ttl': 1000, 'dead-letter-exchange': 'q.retry.back', 'dead-letter-routing-key': 'q.retry.2' },
      { 'message-ttl': 2000, 'dead-letter-exchange': 'q.retry.back', 'dead-letter-routing-key': 'q.retry.3' },
      {
        'message-ttl': 4000,
        'dead-letter-exchange': 'q.retry.back',
        'dead-letter-routing-key': 'q.retry.dead',
      },
    ]);
    const exchanges = objects.filter(({ kind }) => kind === 'exchange');
    expect(exchanges).toMatchObject([
      {
        name: 'q.retry',
        type: 'direct',
        internal: true,
        arguments: { 'alternate-exchange': 'q.retry.first' },
      },
      { name: 'q.retry.back', type: 'fanout', internal: true },
      { name: 'q.retry.first', type: 'fanout', internal: true },
    ]);
  });

  it('confirms every transfer where the queue is a quorum queue, and lets nothing but rejections count', () => {
    const objects = compile(
      '{ type: quorum, retry: { attempts: 1, delay: 1s }, deadLetter: { queue: dead } }',
    );
    const safely = { overflow: 'reject-publish', 'dead-letter-strategy': 'at-least-once' };
    expect(definitionOf(objects, 'q')).toMatchObject({ ...safely, 'delivery-limit': -1 });
    expect(definitionOf(objects, 'q.retry.1')).toMatchObject(safely);
    expect(objects.find((object) => object.kind === 'queue' && object.name === 'q.retry.1')).toMatchObject({
      arguments: { 'x-queue-type': 'quorum' },
    });
    // 3.10 has no delivery limit unless one is set, and knows no -1.
    expect(
      definitionOf(
        compile('{ type: quorum, retry: { attempts: 1, delay: 1s }, deadLetter: { queue: dead } }', '3.10'),
        'q',
      ),
    ).not.toHaveProperty('delivery-limit');
  });

  it('as stages goes on from queue to queue, which its workers consume from', () => {
    const text = `warren: 1
vhosts:
  v:
    queues:
      q: { priorities: 5, retry: { attempts: 2, delay: 1s, method: stages }, deadLetter: { queue: dead } }
      dead:
workers:
  w: { vhost: v, queues: [q] }
`;
    const { objects = [], topology } = load(text, 't.yaml');
    expect(arrows(objects)).toEqual([
      'q.attempt.2 ----> q.attempt.2',
      'q.attempt.3 ----> q.attempt.3',
      'q.retry.1 ----> q.retry.1',
      'q.retry.2 ----> q.retry.2',
    ]);
    expect(
      ['q', 'q.retry.1', 'q.attempt.2', 'q.retry.2', 'q.attempt.3'].map((name) =>
        definitionOf(objects, name),
      ),
    ).toMatchObject([
      { 'dead-letter-exchange': 'q.retry.1' },
      { 'message-ttl': 1000, 'dead-letter-exchange': 'q.attempt.2' },
      { 'dead-letter-exchange': 'q.retry.2' },
      { 'message-ttl': 2000, 'dead-letter-exchange': 'q.attempt.3' },
      { 'dead-letter-exchange': '', 'dead-letter-routing-key': 'dead' },
    ]);
    expect(objects.find((object) => object.kind === 'queue' && object.name === 'q.attempt.3')).toMatchObject({
      arguments: { 'x-max-priority': 5 },
    });
    expect(topology?.workers[0]?.queues).toEqual(['q', 'q.attempt.2', 'q.attempt.3']);
  });

  it('as delayed retry is a policy of the queue alone', () => {
    const objects = compile(
      '{ type: quorum, retry: { attempts: 3, delay: 1s, maxDelay: 2500ms, method: delayed-retry }, deadLetter: { queue: dead } }',
    );
    expect(definitionOf(objects, 'q')).toEqual({
      'dead-letter-exchange': '',
      'dead-letter-routing-key': 'dead',
      'delayed-retry-type': 'failed',
      'delayed-retry-min': 1000,
      'delayed-retry-max': 2500,
      'delivery-limit': 3,
    });
    expect(objects.filter(({ kind }) => kind === 'queue')).toHaveLength(2);
  });

  it.each([
    ['{ attempts: 4, delay: 1s }', [1000, 2000, 4000, 8000]],
    ['{ attempts: 4, delay: 500ms, factor: 3, maxDelay: 10s }', [500, 1500, 4500, 10_000]],
    ['{ attempts: 3, delay: 1s, factor: 1 }', [1000, 1000, 1000]],
  ])('waits as long as %s says', (retry, delaysMs) => {
    const objects = compile(`{ retry: ${retry}, deadLetter: { queue: dead } }`);
    expect(
      delaysMs.map((_, index) => definitionOf(objects, `q.retry.${index + 1}`)?.['message-ttl']),
    ).toEqual(delaysMs);
  });
});
