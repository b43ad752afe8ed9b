/** The queue behind a queue's holding exchange. */
import type { Arguments, QueueObject } from '../../topology/objects';
import { effectiveValue } from '../../topology/route/effectiveSettings';
import type { Broker } from '../api/transport';
import * as bindings from '../kinds/bindings';
import { BrokerError, isBrokerError } from '../api/errors';
import { bindHoldingQueue, closeHolding, holdingName, openHolding } from './holding';
import { protectHolding, unprotectHolding } from './holdingPolicies';
import { isAtLeast, readOverview } from '../figures/overview';
import { declareQueue } from '../guards/queueDeclaration';
import * as queues from '../kinds/queues';

/**
 * With its exchange; nothing may happen to a message here that wouldn't have happened to it in the queue itself.
 * `guarded` where the broker takes no further queue: nothing is left of the attempt then.
 */
export async function declareHolding(
  broker: Broker,
  queue: QueueObject,
  type: 'classic' | 'quorum',
): Promise<void> {
  const { vhost, name } = queue;
  const holding = holdingName('queue', name);
  const { version } = await readOverview(broker);
  await protectHolding(broker, vhost, holding);
  await openHolding(broker, vhost, holding);
  if ((await queues.read(broker, vhost, holding)) === undefined) {
    const held = { kind: 'queue', vhost, name: holding, durable: true, autoDelete: false } as const;
    const table = {
      'x-queue-type': type,
      // Before 4.0 there is no limit unless one is given, and none that says "no limit".
      ...(type === 'quorum' && isAtLeast(version, 4, 0) ? { 'x-delivery-limit': -1 } : {}),
      ...(await deadLetters(broker, queue)),
    };
    await declareQueue(broker, { ...held, arguments: table }).catch((error: unknown) =>
      explainLimit(broker, queue, error),
    );
  }
  await bindHoldingQueue(broker, vhost, holding);
}

/** A message with an expiry of its own may expire while it waits: then it goes where it would have gone. */
async function deadLetters(broker: Broker, queue: QueueObject): Promise<Arguments> {
  const policy = await queues.readEffectivePolicy(broker, queue.vhost, queue.name);
  const sources = { arguments: queue.arguments, policy, operatorPolicy: undefined };
  const keys = ['dead-letter-exchange', 'dead-letter-routing-key'];
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = effectiveValue(key, sources);
      return value === undefined ? [] : [[`x-${key}`, value] as const];
    }),
  );
}

async function explainLimit(broker: Broker, { vhost, name }: QueueObject, error: unknown): Promise<never> {
  const limit = isBrokerError(error, 'refused')
    ? /queue limit in .+ is reached/.exec(error.reason ?? '')?.[0]
    : undefined;
  if (limit === undefined) throw error;
  const holding = holdingName('queue', name);
  const bound = await bindings.listTo(broker, { vhost, type: 'exchange', name: holding });
  if (bound.length === 0) {
    await unprotectHolding(broker, vhost, holding);
    await closeHolding(broker, vhost, holding);
  }
  throw new BrokerError({
    kind: 'guarded',
    message:
      `Refused to take queue "${name}" in vhost "${vhost}" on ${broker.endpoint} away: what comes to it meanwhile needs one more queue, "${holding}", and the broker takes no more (${limit}). ` +
      'Raise that limit by one for that time (`maxQueues` of the vhost), and run it again. Everything is as it was before.',
  });
}
