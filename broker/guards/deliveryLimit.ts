/**
 * A quorum queue's delivery limit, out of the way while somebody looks into the queue. What is handed out and given
 * back counts as a delivery: before 4.3 whenever it is given back, on 4.3 when whoever has it dies. Beyond the limit
 * RabbitMQ drops the message or dead-letters it, and on 4.3 a dead letter keeps its count from the queue that it died
 * in: one that died by its delivery limit is beyond it from the start, and is gone as soon as somebody gives it back.
 */
import { HOLDING_PREFIX } from '../../topology/names';
import type { Arguments, PolicyObject } from '../../topology/objects';
import * as policies from '../kinds/policies';
import type { Broker } from '../api/transport';

export interface LimitedQueue {
  readonly vhost: string;
  readonly name: string;
  readonly arguments: Arguments;
  /** The policy and the operator policy that it has. */
  readonly policy: Pick<PolicyObject, 'definition'> | undefined;
  readonly operatorPolicy: Pick<PolicyObject, 'definition'> | undefined;
  /** RabbitMQ before 4.0 has no limit unless told, and shuffles what is given back where it has one. */
  readonly isUnlimitedByDefault: boolean;
}

const HIGHEST_PRIORITY = 2 ** 31 - 1;
/** Not none at all (-1): RabbitMQ 4.0 puts what is given back at the end of a queue then, and not at its place. */
const OUT_OF_REACH = 1_000_000_000;
const KEY = 'delivery-limit';

/** Why it can't be lifted; undefined where it can. */
export function liftingObstacle({ arguments: table, operatorPolicy }: LimitedQueue): string | undefined {
  if (isLimit(table[`x-${KEY}`])) return `the queue was declared with x-${KEY} ${String(table[`x-${KEY}`])}`;
  if (isLimit(operatorPolicy?.definition[KEY])) return `an operator policy says ${KEY}`;
  return undefined;
}

const isLimit = (value: unknown): boolean => typeof value === 'number' && value >= 0;

/** Says the same as the policy that the queue has, but for the limit. It acts at once. */
export async function liftDeliveryLimit(broker: Broker, queue: LimitedQueue): Promise<void> {
  const { vhost, name, policy, isUnlimitedByDefault } = queue;
  const own = Object.entries(policy?.definition ?? {}).filter(([key]) => key !== KEY);
  const lifted = isUnlimitedByDefault ? [] : [[KEY, OUT_OF_REACH] as const];
  const definition = Object.fromEntries([...own, ...lifted]);
  await policies.put(broker, {
    kind: 'policy',
    vhost,
    name: policyName(name),
    pattern: `^${name.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')}$`,
    applyTo: 'queues',
    priority: HIGHEST_PRIORITY,
    // A definition can't be empty; this is what every queue does unless told otherwise.
    definition: Object.keys(definition).length === 0 ? { overflow: 'drop-head' } : definition,
  });
}

/** The queue has its own policy again. Nothing happens where it has it. */
export async function restoreDeliveryLimit(broker: Broker, vhost: string, queue: string): Promise<void> {
  await policies.remove(broker, 'policy', vhost, policyName(queue));
}

/** Such a policy, left behind by a run that was killed: the queue whose limit is lifted by it. */
export function liftedQueueOf({
  kind,
  name,
}: {
  readonly kind: string;
  readonly name: string;
}): string | undefined {
  return kind === 'policy' && name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
}

const PREFIX = `${HOLDING_PREFIX}limit.`;

function policyName(queue: string): string {
  return PREFIX + queue;
}
