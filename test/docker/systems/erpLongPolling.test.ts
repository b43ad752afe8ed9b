/** The ERP: queues of each user's own, declared, written and read by web workers. */
import { beforeAll, describe, expect, it } from 'vitest';
import { undoAfterAll } from '../../clients/undo';
import { callManagement } from '../../rigs/management';
import { dockerEngine, titled } from '../scratch';
import { systemObstacle, System, type Data } from './system';

const obstacle = systemObstacle();
const FLEET = 'web';
const LOAD = { users: 20, workers: 2, rate: 60, seconds: 4 };

function smaller(example: Data): Data {
  const { broker, workers, ...others } = example as {
    broker: object;
    workers: { web: object };
  };
  return { ...others, broker: { ...broker, nodes: 1 }, workers: { web: { ...workers.web, replicas: 2 } } };
}

interface Queue {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly policy: string | null;
}

describe.skipIf(obstacle !== undefined)(titled('long polling on Docker'), () => {
  const afterwards = undoAfterAll();
  let system: System;

  beforeAll(async () => {
    const options = {
      name: 'erp-long-polling',
      client: 'amqp',
      vhost: 'erp',
      isTlsOnly: true,
      change: smaller,
    } as const;
    system = await System.start(dockerEngine(), options);
    afterwards(() => system.dispose());
  });

  it('hands an event that one web worker writes to a browser that waits at another', async () => {
    await system.said(FLEET, /^listening/, 2);
    const hosts = [1, 2].map((number) => `${system.stack.prefix}-${FLEET}-${number}`);
    expect(await system.load(FLEET, 'web', hosts, { user: 'erp' })).toEqual({
      written: 202,
      read: ['an event'],
    });
  });

  it('declares three queues for each user, and reads what was written, once', async () => {
    const result = await system.load(FLEET, 'erp', [LOAD], { user: 'erp' });
    expect(result).toMatchObject({ queues: 60, writes: 240, lost: [], doubled: [] });
    const login = await system.stack.admin();
    // The limits are the topology's, by the names. The list is some seconds late.
    const kinds = async (): Promise<unknown> => {
      const queues = await callManagement<Queue[]>(login, 'GET', 'queues/erp');
      const kindsOf = (begin: string): string[] => {
        const own = queues.filter(({ name }) => name.startsWith(begin));
        const told = own.map(
          (queue) => `${queue.type} ${queue.durable ? 'durable' : 'transient'} ${queue.policy ?? ''}`,
        );
        return [...new Set(told)];
      };
      return { events: kindsOf('event_queue:'), online: kindsOf('online_status:') };
    };
    await expect.poll(kinds, { timeout: 60_000, interval: 500 }).toEqual({
      events: [expect.stringMatching(/^quorum durable warren-family\./)],
      online: [expect.stringMatching(/^classic transient warren-family\./)],
    });
  });
});
