/** Notifications: sent at a steady rate through a restart of the broker, tried again by the topology, dead in the end. */
import { beforeAll, describe, expect, it } from 'vitest';
import { undoAfterAll } from '../../clients/undo';
import { dockerEngine, titled } from '../scratch';
import { tell } from '../containers';
import { deliveriesOf, NEVER, type Sent } from './deliveries';
import { systemObstacle, System, withQuickRetries } from './system';

const obstacle = systemObstacle();
const FLEET = 'message';
const LOAD = { publishers: 4, rate: 300, seconds: 12 };

describe.skipIf(obstacle !== undefined)(titled('notifications on Docker'), () => {
  const engine = dockerEngine();
  const afterwards = undoAfterAll();
  let system: System;

  beforeAll(async () => {
    const options = {
      name: 'notifications',
      client: 'amqp',
      vhost: 'notifications',
      change: withQuickRetries,
    } as const;
    system = await System.start(engine, options);
    afterwards(() => system.dispose());
  });

  it('are all delivered or dead, though the broker goes away in between', async () => {
    const users = { user: 'notifications-api', operator: 'notifications-operator' };
    const sending = system.load<Sent>(FLEET, 'notifications', [LOAD], users);
    await system.said(FLEET, /^delivered/, 200);
    await tell(engine, `${system.stack.prefix}-rabbitmq-1`, 'restart', { t: 60 });
    const sent = await sending;
    expect(sent.confirmed).toBe(sent.published);
    expect(sent.waited).not.toEqual([]);
    await system.said(FLEET, /^delivered/, sent.names.filter((name) => !name.endsWith(NEVER)).length);
    const lines = await system.lines(FLEET);
    const { attempts, ...wrong } = deliveriesOf(sent, lines);
    expect(wrong).toEqual({ lost: [], doubled: [], wronglyDead: [] });
    for (const name of sent.names.filter((one) => one.endsWith('-twice'))) {
      expect(attempts.get(name)).toContain(3);
    }
    // Three retries after the first attempt.
    const dead = Object.keys(sent.dead);
    expect(dead).not.toEqual([]);
    for (const name of dead) {
      const last = lines.filter(({ text }) => text.startsWith(`rejected ${name} attempt=4`));
      expect(last.length).toBeGreaterThan(0);
      expect(lines.filter(({ text }) => text.startsWith(`rejected ${name} attempt=5`))).toEqual([]);
    }
  });
});
