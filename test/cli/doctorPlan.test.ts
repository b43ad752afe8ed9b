/** What `warren doctor` tries where queues are down. */
import { expect, it } from 'vitest';
import { planTrial } from '../../cli/doctor/plan';
import type { BrokerObject } from '../../topology/objects';
import { routedVhosts } from '../../topology/route/vhost';

const READER = { configure: '^$', write: '^$', read: '^(gone|here)$' };

function planWith(states: Readonly<Record<string, string>>) {
  const queues = Object.keys(states).map((name): BrokerObject => ({
    kind: 'queue',
    vhost: 'shop',
    name,
    ...{ durable: true, autoDelete: false, arguments: {} },
  }));
  const objects: BrokerObject[] = [{ kind: 'vhost', name: 'shop' }, ...queues];
  const vhost = routedVhosts(objects, { target: '4.3', vhosts: [] }).get('shop');
  if (vhost === undefined) throw new Error('no vhost');
  const figures = Object.entries(states).map(([name, state]) => ({
    ...{ vhost: 'shop', name, type: 'classic', state },
    ...(state === 'down' ? {} : { ready: 0, unacknowledged: 0 }),
  }));
  return planTrial(READER, { vhost, figures, families: [], restricted: new Set() }, 'probe');
}

it('passes over a queue that is down, about which the broker would be silent for a minute', () => {
  expect(planWith({ gone: 'down', here: 'running' })).toMatchObject({
    declare: { passive: 'here' },
    consume: { empty: 'here' },
  });
});

it('says so of a user who has no other', () => {
  expect(planWith({ gone: 'down' })).toMatchObject({ declare: { down: 'gone' }, consume: { down: 'gone' } });
});
