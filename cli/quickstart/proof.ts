/**
 * Does it work? A real message goes into a queue of the topology with an expiry of its own, and must turn up in the
 * queue's dead-letter target with RabbitMQ's own note of why. Where a topology dead-letters nothing, a message goes
 * in and comes out again.
 */
import { randomUUID } from 'node:crypto';
import { connect, type ConfirmChannel, type GetMessage } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProofTask {
  readonly queue: string;
  /** Queues in which the dead letter may turn up; empty when the queue dead-letters nothing. */
  readonly deadLetterTargets: readonly string[];
}

export interface ProofLogin {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

/** `text` says what was seen, for the reader. */
export interface ProofResult {
  readonly ok: boolean;
  readonly text: string;
}

const EXPIRY_MS = 200;
const WAIT_MS = 20_000;
const POLL_MS = 100;

export async function prove(login: ProofLogin, task: ProofTask): Promise<ProofResult> {
  const connection = await connect({ protocol: 'amqp', ...login });
  connection.on('error', () => undefined); // also reported by the call that it breaks
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    const id = randomUUID();
    const expires = task.deadLetterTargets.length > 0;
    channel.sendToQueue(task.queue, Buffer.from('{"warren":"proof"}'), {
      messageId: id,
      contentType: 'application/json',
      ...(expires ? { expiration: EXPIRY_MS } : {}),
    });
    await channel.waitForConfirms();
    const candidates = expires ? task.deadLetterTargets : [task.queue];
    const found = await awaitMessage(channel, candidates, id);
    // Waits until the broker has heard the acknowledgement: closing the connection alone may overtake it.
    await channel.close();
    return found === undefined
      ? {
          ok: false,
          text: `the message published to ${task.queue} did not turn up in ${candidates.join(', ')}`,
        }
      : { ok: true, text: describeProof(task, expires, found) };
  } finally {
    await connection.close().catch(() => undefined);
  }
}

function describeProof(
  task: ProofTask,
  expires: boolean,
  found: { queue: string; message: GetMessage },
): string {
  if (!expires) return `published a message to ${task.queue} and got it back`;
  const deaths = found.message.properties.headers?.['x-death'] as { reason?: string }[] | undefined;
  const reason = deaths?.[0]?.reason ?? 'no reason given';
  return `published a message to ${task.queue} with ${EXPIRY_MS} ms to live: it came to ${found.queue} (x-death: ${reason})`;
}

async function awaitMessage(
  channel: ConfirmChannel,
  queues: readonly string[],
  id: string,
): Promise<{ queue: string; message: GetMessage } | undefined> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    for (const queue of queues) {
      const message = await takeById(channel, queue, id);
      if (message !== undefined) return { queue, message };
    }
    if (Date.now() >= deadline) return undefined;
    await delay(POLL_MS);
  }
}

/** Takes just our message; others that lie before it are given back. */
async function takeById(channel: ConfirmChannel, queue: string, id: string): Promise<GetMessage | undefined> {
  const others: GetMessage[] = [];
  try {
    for (;;) {
      const message = await channel.get(queue);
      if (message === false) return undefined;
      if (message.properties.messageId === id) {
        channel.ack(message);
        return message;
      }
      others.push(message);
    }
  } finally {
    for (const message of others) channel.nack(message, false, true);
  }
}
