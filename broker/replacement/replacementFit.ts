/** Whether a queue as it is to be takes what the queue holds as it is: its own arguments decide, policies apply to both. */
import type { Arguments, QueueObject } from '../../topology/objects';
import type { QueueCounts } from '../figures/queueCounts';
import type { QueueName } from '../kinds/queues';
import type { Broker } from '../api/transport';
import { count, getOrAbsent } from '../api/json';
import { path } from '../api/transport';

/** What the new queue would drop of the messages that are moved into it; undefined where it takes them all. */
export async function misfit(
  broker: Broker,
  queue: QueueObject,
  replacement: QueueObject | undefined,
  { messages }: Pick<QueueCounts, 'messages'>,
): Promise<string | undefined> {
  if (replacement === undefined || messages === 0) return undefined;
  const [old, now] = [queue.arguments, replacement.arguments];
  const tooLong = await lengthMisfit(broker, queue, replacement, messages);
  if (tooLong !== undefined) return tooLong;
  const ttlMs = numberIn(now, 'x-message-ttl');
  if (ttlMs !== undefined && ttlMs < (numberIn(old, 'x-message-ttl') ?? Infinity)) {
    return `in the new one they expire earlier (x-message-ttl ${ttlMs.toLocaleString('en-US')} ms)`;
  }
  return undefined;
}

/** @param from where the messages are; how it is limited itself counts where that is known */
export async function lengthMisfit(
  broker: Broker,
  from: QueueName & Partial<Pick<QueueObject, 'arguments'>>,
  { arguments: now }: QueueObject,
  messages: number,
): Promise<string | undefined> {
  const old = from.arguments ?? {};
  const lengthMax = numberIn(now, 'x-max-length');
  if (lengthMax !== undefined && lengthMax < messages) {
    return `the new one takes only ${lengthMax.toLocaleString('en-US')} (x-max-length)`;
  }
  const bytesMax = numberIn(now, 'x-max-length-bytes');
  if (bytesMax !== undefined && bytesMax < (numberIn(old, 'x-max-length-bytes') ?? Infinity)) {
    const bytes = await bytesIn(broker, from);
    if (bytes === undefined || bytes > bytesMax) {
      return `the new one takes only ${bytesMax.toLocaleString('en-US')} bytes (x-max-length-bytes)`;
    }
  }
  return undefined;
}

/** Undefined where the statistics don't know yet: there are messages, so there are bytes. */
async function bytesIn(broker: Broker, { vhost, name }: QueueName): Promise<number | undefined> {
  const json = await getOrAbsent(broker, {
    path: `queues/${path(vhost, name)}?columns=message_bytes`,
    action: `measure the messages of queue "${name}" in vhost "${vhost}"`,
  });
  const bytes = count(json, 'message_bytes');
  return bytes === 0 ? undefined : bytes;
}

function numberIn(table: Arguments, key: string): number | undefined {
  const value = table[key];
  return typeof value === 'number' ? value : undefined;
}
