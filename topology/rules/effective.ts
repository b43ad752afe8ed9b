/** What counts for a queue on the broker, of all that speaks of it: shared by the rules about limits. */
import type { Vhost } from '../model';
import type { Arguments, ArgumentValue } from '../objects';
import type { ResolvedQueue } from '../resolve/index';
import { effectiveValue } from '../route/effectiveSettings';
import { policyIndex } from '../route/policies';
import type { PolicyIndex } from '../route/policies';

const operatorPolicies = new WeakMap<Vhost, PolicyIndex>();

/** The operator policy (quotas among them) that RabbitMQ chooses for a queue. */
export function operatorDefinition({ queue, type }: ResolvedQueue, vhost: Vhost): Arguments {
  let index = operatorPolicies.get(vhost);
  if (index === undefined) {
    index = policyIndex(vhost.operatorPolicies);
    operatorPolicies.set(vhost, index);
  }
  return index.forQueue(queue.name, type)?.definition ?? {};
}

/** The value that counts for a policy key, wherever it comes from. */
export function effective(resolved: ResolvedQueue, vhost: Vhost, key: string): ArgumentValue | undefined {
  const { queue, definition } = resolved;
  return effectiveValue(key, {
    arguments: { ...queue.arguments, ...queue.declaredWith },
    policy: definition,
    operatorPolicy: operatorDefinition(resolved, vhost),
  });
}

/** Whether messages leave the queue although nobody consumes them. */
export function drainsItself(resolved: ResolvedQueue, vhost: Vhost): boolean {
  const has = (key: string): boolean => effective(resolved, vhost, key) !== undefined;
  if (has('message-ttl') || has('expires')) return true;
  const overflow = effective(resolved, vhost, 'overflow') ?? 'drop-head';
  return (has('max-length') || has('max-length-bytes')) && overflow === 'drop-head';
}
