/**
 * Declaring a queue so that it works. RabbitMQ writes a quorum queue down before it has a leader, and where the node
 * that declares it goes away in between, it may never get one (seen on 4.0 and 4.3, with one node of three killed; the
 * return of the node doesn't help). It takes no message and gives none, yet it shows as running, and who declares it
 * again is told that all is well. Deleting it, which takes 10 to 15 s, and declaring it again does help.
 */
import { shellQuote } from '../../topology/names';
import type { QueueObject } from '../../topology/objects';
import { TYPE } from '../../topology/queueType';
import type { Broker } from '../api/transport';
import { BrokerError, isBrokerError } from '../api/errors';
import { count, field, getOrAbsent } from '../api/json';
import { isLeaderless, readyNow } from '../figures/queueCounts';
import * as queues from '../kinds/queues';
import { path } from '../api/transport';

const POLL_MS = 500;
/** A queue whose leader is gone has a new one well before: its other members notice at once, or within 5 s. */
const ELECTION_MS = 10_000;
const DECLARATIONS_MAX = 3;

const inWords = ({ vhost, name }: queues.QueueName): string => `queue "${name}" in vhost "${vhost}"`;

/**
 * As `queues.put`. A quorum queue that this made without a leader is made anew: nothing can be in it. One that was there
 * without a leader before, though a majority of its members runs, is `unavailable`: what it holds can't be seen.
 */
export async function declareQueue(broker: Broker, queue: QueueObject): Promise<void> {
  if (queue.arguments[TYPE] !== 'quorum') {
    await queues.put(broker, queue);
    return;
  }
  const before = await lookAt(broker, queue);
  for (let declarations = 1; ; declarations++) {
    // Declared by one request, answered by the same: the broker has waited for the leader.
    if ((await queues.put(broker, queue)) === 'created') return;
    if (before !== undefined) {
      if (before.mayLackLeader && !(await getsLeader(broker, queue))) throw leaderless(broker, queue);
      return;
    }
    if (await getsLeader(broker, queue)) return;
    if (declarations === DECLARATIONS_MAX) throw leaderless(broker, queue);
    await queues.remove(broker, queue, { isLeaderless: true });
  }
}

/** Undefined where there is no such queue. */
async function lookAt(
  broker: Broker,
  queue: QueueObject,
): Promise<{ readonly mayLackLeader: boolean } | undefined> {
  const json = await getOrAbsent(broker, {
    path: `queues/${path(queue.vhost, queue.name)}`,
    action: `read ${inWords(queue)}`,
  });
  if (json === undefined) return undefined;
  const [members = 0, online = 0] = [field(json, 'members'), field(json, 'online')].map((list) =>
    Array.isArray(list) ? list.length : 0,
  );
  // Only a leader reports the messages. Without a majority, the queue may wait for nothing but a member's return.
  return { mayLackLeader: count(json, 'messages') === undefined && 2 * online > members };
}

/** Waits for the leader; false where none comes. What the broker can't say now, it may be able to say by then. */
async function getsLeader(broker: Broker, queue: QueueObject): Promise<boolean> {
  const deadlineMs = performance.now() + ELECTION_MS;
  for (;;) {
    try {
      if (await hasLeader(broker, queue)) return true;
      if (performance.now() > deadlineMs) return false;
    } catch (error) {
      if (!isBrokerError(error, 'unavailable') || performance.now() > deadlineMs) throw error;
    }
    await broker.pause(POLL_MS, `elect a leader of ${inWords(queue)}`);
  }
}

/** No figure tells on every version; only the leader can say that there is no message. */
async function hasLeader(broker: Broker, { vhost, name }: QueueObject): Promise<boolean> {
  try {
    return (await readyNow(broker, vhost, name)) !== undefined;
  } catch (error) {
    // Whoever may declare but not read can't ask.
    if (isBrokerError(error, 'forbidden')) return true;
    if (isBrokerError(error, 'timeout')) return false;
    // Any other refusal is the leader's.
    if (isBrokerError(error, 'refused')) return !isLeaderless(error);
    throw error;
  }
}

function leaderless(broker: Broker, queue: QueueObject): BrokerError {
  const { vhost, name } = queue;
  return new BrokerError({
    kind: 'unavailable',
    message:
      `Cannot create ${inWords(queue)}: on ${broker.endpoint} it is there, but has no leader, though most of its members run, and takes no message. ` +
      'RabbitMQ leaves a quorum queue so where a node went away while it was declared. ' +
      `If nothing in it is needed, delete it (rabbitmqctl delete_queue --vhost ${shellQuote(vhost)} ${shellQuote(name)}; it takes up to 15 s) and run this again.`,
  });
}
