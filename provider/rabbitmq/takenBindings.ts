/**
 * The engine deletes a queue's bindings before the queue. Where the queue's own deletion is refused then, it stays
 * with its messages: so the bindings that it had come back, or what is published from now on would go nowhere.
 */
import type { BindingObject } from '../../topology/objects';
import type { Broker } from '../../broker/transport';
import type { QueueName } from '../../broker/queues';
import type { Session } from '../resourceType';
import * as bindings from '../../broker/bindings';
import { isBrokerError } from '../../broker/errors';

const taken = new WeakMap<Session, BindingObject[]>();

/** The binding was deleted in this operation. */
export function noteTaken(session: Session, binding: BindingObject): void {
  const ofSession = taken.get(session) ?? [];
  ofSession.push(binding);
  taken.set(session, ofSession);
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
