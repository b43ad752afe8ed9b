/** Where a queue's dead letters go: shared by the rules about them. */
import type { Vhost } from '../model';
import type { ResolvedQueue } from '../resolve';
import { routedQueues } from '../routing';

/** The listed queues that a queue's dead letters may reach. */
export function deadLetterTargets({ definition, queue }: ResolvedQueue, vhost: Vhost): Set<string> {
  const given = { ...queue.arguments, ...queue.declaredWith };
  // An argument wins over a policy.
  const exchange = given['x-dead-letter-exchange'] ?? definition['dead-letter-exchange'];
  const key = given['x-dead-letter-routing-key'] ?? definition['dead-letter-routing-key'];
  if (typeof exchange !== 'string') return new Set();
  const routingKey = typeof key === 'string' ? key : undefined;
  if (exchange !== '') return routedQueues(vhost, exchange, routingKey);
  return new Set(
    vhost.queues.some(({ name }) => name === routingKey) && routingKey !== undefined ? [routingKey] : [],
  );
}
