/** An import keeps the type of each queue, whatever the default of its vhost is. */
import { describe, expect, it } from 'vitest';
import { importTopology } from '../../../topology/import/index';
import { load } from '../../../topology/index';
import type { Arguments, BrokerObject } from '../../../topology/index';

describe('in a vhost whose default type is quorum', () => {
  const common = { vhost: 'shop', durable: true, autoDelete: false };
  const vhost: BrokerObject = { kind: 'vhost', name: 'shop', defaultQueueType: 'quorum' };
  const queue = (name: string, given: Arguments): BrokerObject => ({
    kind: 'queue',
    ...common,
    name,
    arguments: given,
  });

  it('queues from before the default stay classic ones', () => {
    const { text, report } = importTopology(
      [
        vhost,
        queue('lazy', { 'x-queue-mode': 'lazy' }),
        queue('plain', {}),
        queue('said', { 'x-expires': 600_000, 'x-queue-type': 'classic' }),
        queue('quorum', { 'x-expires': 600_000, 'x-queue-type': 'quorum' }),
      ],
      { source: 'test', target: '4.1' },
    );
    expect(report.differences).toEqual([]);
    expect(text).toContain('lazy: { declaredWith: { x-queue-mode: lazy, x-queue-type: classic } }');
    expect(text).toContain('plain: { type: classic }');
    expect(text).toContain('said: { declaredWith: { x-expires: 600000, x-queue-type: classic } }');
    expect(text).toContain('quorum: { declaredWith: { x-expires: 600000 } }');
  });

  it('a mirrored queue that stays a classic one says so', () => {
    const policy: BrokerObject = {
      ...{ kind: 'policy', vhost: 'shop', name: 'ha', pattern: '^mirrored$', applyTo: 'all', priority: 0 },
      definition: { 'ha-mode': 'all', overflow: 'reject-publish-dlx' },
    };
    const { text, report } = importTopology([vhost, policy, queue('mirrored', { 'x-queue-mode': 'lazy' })], {
      source: 'test',
      target: '4.3',
    });
    expect(text).toContain('# It stays a classic queue');
    expect(text).toContain(
      'mirrored: { overflow: reject-publish-dlx, declaredWith: { x-queue-mode: lazy, x-queue-type: classic } }',
    );
    expect(report.differences).toEqual([]);
    expect(load(text, 'imported.yaml').diagnostics.filter(({ severity }) => severity === 'error')).toEqual(
      [],
    );
  });
});
