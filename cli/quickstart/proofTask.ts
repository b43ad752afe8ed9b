/** Which queue of a topology shows best that it works: one that dead-letters, if there is one. */
import type { BrokerObject, PolicyObject, QueueObject } from '../../topology/objects';
import { patternMatches } from '../../topology/patterns/languages';
import type { ProofTask } from './proof';

export interface VhostProofTask extends ProofTask {
  readonly vhost: string;
}

export function chooseProof(objects: readonly BrokerObject[]): VhostProofTask | undefined {
  const queues = objects.filter((object) => object.kind === 'queue');
  const tasks = queues.map((queue) => ({
    vhost: queue.vhost,
    queue: queue.name,
    deadLetterTargets: deadLetterTargets(objects, queue),
  }));
  return tasks.find((task) => task.deadLetterTargets.length > 0) ?? tasks[0];
}

function deadLetterTargets(objects: readonly BrokerObject[], queue: QueueObject): string[] {
  const policies = objects.filter((object): object is PolicyObject => object.kind === 'policy');
  const policy = winningPolicy(policies, queue.vhost, queue.name);
  const exchange = queue.arguments['x-dead-letter-exchange'] ?? policy?.definition['dead-letter-exchange'];
  const key = queue.arguments['x-dead-letter-routing-key'] ?? policy?.definition['dead-letter-routing-key'];
  if (exchange === undefined) return [];
  if (exchange === '') return [typeof key === 'string' ? key : queue.name];
  return objects
    .filter((object) => object.kind === 'binding')
    .filter((object) => object.vhost === queue.vhost && object.source === exchange)
    .filter((object) => object.destinationType === 'queue')
    .map((object) => object.destination);
}

/** The policy that RabbitMQ applies to a queue: of those that match, the one with the highest priority. */
export function winningPolicy(
  policies: readonly PolicyObject[],
  vhost: string,
  queue: string,
): PolicyObject | undefined {
  return policies
    .filter((policy) => policy.vhost === vhost && policy.applyTo !== 'exchanges')
    .filter((policy) => patternMatches(policy.pattern, queue))
    .sort((a, b) => b.priority - a.priority)[0];
}
