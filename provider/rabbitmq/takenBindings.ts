/**
 * The engine deletes a queue's bindings before the queue. Where the queue's deletion is refused, it stays with its
 * messages, and what is published without its bindings would go nowhere. So the queue is judged before the first of
 * its bindings goes; and where it comes into use after that, the bindings that it had come back. An auto-delete exchange
 * that the program keeps is there again after its last binding went.
 */
import { identityKey, type BindingObject } from '../../topology/objects';
import type { Broker } from '../../broker/api/transport';
import type { QueueName } from '../../broker/kinds/queues';
import type { Call, Session } from '../resourceType';
import { autoDeleteExchanges, bringAutoDeletedBack } from '../../broker/replacement/autoDeletedExchanges';
import * as bindings from '../../broker/kinds/bindings';
import { BrokerError, isBrokerError } from '../../broker/api/errors';
import { namesInUse } from '../../broker/figures/queueCounts';
import { judgeDeletion } from '../../broker/guards/queueDeletion';

/** Of the queues that go in this operation. */
interface Judged {
  /** By vhost and name: whether it may, as it was before the first of its bindings went. */
  readonly verdicts: Map<string, Promise<void>>;
  /** By vhost: where something shows. */
  readonly inUse: Map<string, { readonly atMs: number; readonly names: Promise<ReadonlySet<string>> }>;
}

const judged = new WeakMap<Session, Judged>();
const taken = new WeakMap<Session, BindingObject[]>();

/** So long one look at a vhost serves all its queues, of which there may be thousands. */
const LOOK_MS = 1_000;

/** Throws `guarded` where the binding goes with its queue, and that is going to be refused. */
export async function judgeQueueFirst(call: Call, binding: BindingObject): Promise<void> {
  const { session, isClaimed, isOfTopology } = call;
  const { vhost, destination: name, destinationType } = binding;
  // A program of its own may bind a queue that is somebody else's, and stays.
  if (destinationType !== 'queue' || !isOfTopology || isClaimed(['queue', vhost, name])) return;
  const ofSession: Judged = judged.get(session) ?? { verdicts: new Map(), inUse: new Map() };
  judged.set(session, ofSession);
  const { verdicts, inUse } = ofSession;
  const key = JSON.stringify([vhost, name]);
  const known = verdicts.get(key);
  const verdict = known ?? judge(session, { vhost, name }, inUse);
  verdicts.set(key, verdict);
  try {
    await verdict;
  } catch (error) {
    if (known === undefined || !isBrokerError(error, 'guarded')) throw error;
    throw new BrokerError({
      kind: 'guarded',
      message: `Kept with queue "${name}" in vhost "${vhost}", whose deletion is refused, for the reason that is shown at another binding.`,
    });
  }
}

async function judge(session: Session, queue: QueueName, inUse: Judged['inUse']): Promise<void> {
  const broker = await session.broker();
  const last = inUse.get(queue.vhost);
  const isFresh = last !== undefined && performance.now() - last.atMs < LOOK_MS;
  const look = isFresh ? last : { atMs: performance.now(), names: namesInUse(broker, queue.vhost) };
  inUse.set(queue.vhost, look);
  if ((await look.names).has(queue.name)) await judgeDeletion(broker, queue, session.approvals);
}

/** The binding goes in this operation; its source stays, where the program still has it. */
export async function takeAway(
  { session, isClaimed }: Call,
  binding: BindingObject,
  propertiesKey: string,
): Promise<void> {
  const broker = await session.broker();
  const { vhost, source } = binding;
  const kept = isClaimed(['exchange', vhost, source])
    ? await autoDeleteExchanges(broker, [{ vhost, name: source }])
    : [];
  const ofSession = taken.get(session) ?? [];
  ofSession.push(binding);
  taken.set(session, ofSession);
  await bindings.remove(broker, binding, propertiesKey);
  const isTaken = (other: BindingObject): boolean =>
    ofSession.some((one) => identityKey(one) === identityKey(other));
  await bringAutoDeletedBack(broker, kept, isTaken);
}

/** Deletes the queue by `work`; refused, it gets its bindings back. The next `up` finds, or deletes, them again. */
export async function restoringBindings(
  session: Session,
  { vhost, name }: QueueName,
  work: (broker: Broker) => Promise<void>,
): Promise<void> {
  const broker = await session.broker();
  try {
    await work(broker);
  } catch (error) {
    if (!isBrokerError(error, 'guarded')) throw error;
    const lost = (taken.get(session) ?? []).filter(
      (binding) =>
        binding.vhost === vhost && binding.destinationType === 'queue' && binding.destination === name,
    );
    await Promise.all(lost.map((binding) => restore(broker, binding)));
    throw error;
  }
}

/** Not from an exchange that is gone by now: nobody can publish to it. */
async function restore(broker: Broker, binding: BindingObject): Promise<void> {
  try {
    await bindings.put(broker, binding);
  } catch (error) {
    if (!isBrokerError(error, 'notFound')) throw error;
  }
}
