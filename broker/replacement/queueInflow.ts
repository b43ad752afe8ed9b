/** What an exchange leads to a queue, led to its holding exchange instead, and back. */
import type { StoredBinding } from '../kinds/bindings';
import type { QueueName } from '../kinds/queues';
import type { Broker } from '../api/transport';
import * as bindings from '../kinds/bindings';
import { holdingName, moveBindings, openHolding } from './holding';

/** From the queue to its holding exchange. */
export async function divertInflow(
  broker: Broker,
  { vhost, name }: QueueName,
  bound: readonly StoredBinding[],
): Promise<void> {
  const holding = holdingName('queue', name);
  await openHolding(broker, vhost, holding);
  await moveBindings(broker, bound, (binding) => ({
    ...binding,
    destination: holding,
    destinationType: 'exchange',
  }));
}

/** Back from its holding exchange to the queue. */
export async function returnInflow(broker: Broker, { vhost, name }: QueueName): Promise<void> {
  const holding = holdingName('queue', name);
  const held = await bindings.listTo(broker, { vhost, type: 'exchange', name: holding });
  await moveBindings(broker, held, (binding) => ({
    ...binding,
    destination: name,
    destinationType: 'queue',
  }));
}
