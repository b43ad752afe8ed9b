/** Dead letters sent again, and a signal meanwhile: by an intake and a publisher that are none of a broker's. */
import type { ConsumeMessage } from 'amqplib';
import { expect, it } from 'vitest';
import type { Intake } from '../../broker/amqp/intake';
import { redeliver, type Redelivered } from '../../broker/amqp/redelivery';

const COUNT = 10;
const OUTGOING = { exchange: '', routingKey: 'work', content: Buffer.from('m'), properties: {} };

/** Stopped when so many are sent. */
async function stoppedAfter(count: number, perSecond?: number): Promise<Redelivered & { kept: number }> {
  const stopping = new AbortController();
  let [sent, kept] = [0, 0];
  const intake = {
    next: () => Promise.resolve({} as ConsumeMessage),
    keep: () => kept++,
    acknowledge: () => undefined,
  } as unknown as Intake;
  const done = await redeliver({
    intake,
    publish: () => {
      sent++;
      // While the next one waits for its turn.
      if (sent === count) setImmediate(() => stopping.abort());
      return Promise.resolve('taken');
    },
    decide: () => ({ kind: 'send', to: 'work', outgoing: OUTGOING, notes: [] }),
    roomOf: () => Promise.resolve(undefined),
    messagesMax: COUNT,
    sendMax: Infinity,
    ...(perSecond === undefined ? {} : { perSecond }),
    stop: stopping.signal,
  });
  return { ...done, kept };
}

it('a signal ends it, also while a message waits for its turn: that one stays', async () => {
  const done = await stoppedAfter(1, 0.01);
  expect(done).toMatchObject({ isStopped: true, looked: 2, kept: 1 });
  expect([...done.sent]).toEqual([['work', 1]]);
  expect(done.stayed.size).toBe(0);
});

it('without a signal it ends by itself', async () => {
  const done = await stoppedAfter(Infinity);
  expect(done).toMatchObject({ isStopped: false, looked: COUNT, kept: 0 });
  expect([...done.sent]).toEqual([['work', COUNT]]);
});
