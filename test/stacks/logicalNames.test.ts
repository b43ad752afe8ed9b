import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logicalName } from '../../stacks/logicalNames';
import { identityKey, type BindingObject, type QueueObject } from '../../topology/objects';

const name = fc.oneof(fc.string(), fc.constantFrom('a', 'a/b', 'b', '%2F', '::', 'é', '🐇', ''));
const queue = fc.record<QueueObject>({
  kind: fc.constant('queue' as const),
  vhost: name,
  name,
  durable: fc.boolean(),
  autoDelete: fc.boolean(),
  arguments: fc.constant({}),
});
const binding = fc.record<BindingObject>({
  kind: fc.constant('binding' as const),
  vhost: name,
  source: name,
  destination: name,
  destinationType: fc.constantFrom('queue' as const, 'exchange' as const),
  routingKey: name,
  arguments: fc.constantFrom({}, { 'x-match': 'all' }, { 'x-match': 'any', format: 'pdf' }),
});

describe('logical names', () => {
  it.each([
    ['queues', fc.tuple(queue, queue)],
    ['bindings', fc.tuple(binding, binding)],
  ] as const)('are equal exactly for the same object: %s', (_kind, pairs) => {
    fc.assert(
      fc.property(pairs as fc.Arbitrary<readonly [QueueObject, QueueObject]>, ([a, b]) => {
        expect(logicalName(a) === logicalName(b)).toBe(identityKey(a) === identityKey(b));
      }),
      { numRuns: 2000 },
    );
  });

  it('hold no separator of a URN', () => {
    fc.assert(fc.property(queue, (object) => !logicalName(object).includes(':')));
  });

  it('can be read', () => {
    const object: QueueObject = {
      kind: 'queue',
      vhost: 'celery',
      name: 'player_sync',
      durable: true,
      autoDelete: false,
      arguments: {},
    };
    expect(logicalName(object)).toBe('celery/player_sync');
  });
});
