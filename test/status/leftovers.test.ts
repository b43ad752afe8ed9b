/** What interrupted commands have left: the way out is a command that works where it is pasted. */
import { expect, it } from 'vitest';
import type { Snapshot } from '../../broker/snapshot';
import { leftoversOf } from '../../cli/status/leftovers';
import type { BrokerObject } from '../../topology/objects';

const ENDPOINT = 'https://rabbit:15671';
const lifted = (name: string) => ({ kind: 'policy', vhost: 'shop', name: `warren.holding.limit.${name}` });
const aside = (name: string) => ({ kind: 'exchange', vhost: 'shop', name: `warren.holding.queue.${name}` });

function leftovers(objects: readonly object[], queues: readonly string[], stack?: string) {
  const snapshot = { objects: () => objects as readonly BrokerObject[] } as unknown as Snapshot;
  const found = queues.map((text) => {
    const [vhost = '', name = ''] = text.split('/');
    return { vhost, name };
  });
  return leftoversOf(snapshot, {
    ...{ endpoint: ENDPOINT, queues: found },
    ...(stack === undefined ? {} : { stack }),
  });
}

it.each([
  ['failed', ['shop/failed'], 'live', 'failed --stack live'],
  ['failed', ['shop/failed'], undefined, `failed --live ${ENDPOINT}`],
  ['failed', ['shop/failed', 'mail/failed'], 'live', 'failed --stack live --vhost shop'],
  ["it's $failed", ["shop/it's $failed"], 'live', `'it'\\''s $failed' --stack live`],
])('the lifted limit of %s among %o, stack %s', (name, queues, stack, command) => {
  const [found] = leftovers([lifted(name)], queues, stack);
  expect(found?.wayOut).toBe(`once none runs: npx warren dlq show ${command} takes it away`);
});

it('names of others can not harm a terminal', () => {
  for (const object of [lifted('\u001b[2J'), aside('\u001b[2J')]) {
    const [found] = leftovers([object], []);
    expect(found).toBeDefined();
    expect(JSON.stringify(found)).not.toContain('\\u001b');
  }
});

it('only a stack can be refreshed', () => {
  expect(leftovers([aside('failed')], [], 'live')[0]?.wayOut).toContain('npx warren refresh --stack live');
  expect(leftovers([aside('failed')], [])[0]?.wayOut).not.toContain('refresh');
});
