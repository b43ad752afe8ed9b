import { queueArguments } from '../compile/index';
import { canonicalJson } from '../objects';
import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { QUEUE_ARGUMENTS } from './queueArguments';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

/** The declaration that the application makes must be the one that the topology makes: RabbitMQ refuses it otherwise. */
export const declaredWithConflict: Rule = {
  code: 'declared-with-conflict',
  severity: 'error',
  title: 'A queue has exactly the arguments that its application declares it with.',
  reason:
    'RabbitMQ refuses an application that declares an existing queue with other arguments (406), and closes its channel.',
  help: 'Add the argument to `declaredWith` once the application declares it, or remove what asks for it.',
  sources: [docs('queues#property-equivalence'), measured('406 PRECONDITION_FAILED - inequivalent arg')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { priorities: 5, declaredWith: {} }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { priorities: 5, declaredWith: { x-max-priority: 5 } }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap((vhost) => vhost.queues.flatMap((queue) => additions(queue, vhost))),
};

function additions(resolved: ResolvedQueue, vhost: ResolvedVhost): Finding[] {
  const { queue } = resolved;
  const { declaredWith } = queue;
  if (declaredWith === undefined) return [];
  const defaultType = vhost.defaultQueueType ?? 'classic';
  const wanted = { ...queueArguments({ ...resolved, queue: { ...queue, declaredWith: {} } }, defaultType) };
  // Without the argument, the application gets the default type: that is the same queue.
  if (wanted['x-queue-type'] === defaultType && declaredWith['x-queue-type'] === undefined) {
    delete wanted['x-queue-type'];
  }
  return Object.entries(wanted)
    .filter(([key, value]) => canonicalJson(declaredWith[key] ?? null) !== canonicalJson(value))
    .map(([key, value]) => {
      const word = key in queue.arguments ? undefined : QUEUE_ARGUMENTS[key]?.word;
      return {
        message: `The queue "${queue.name}" would get ${key}: ${String(value)}, which its application doesn't declare it with.`,
        reason: 'RabbitMQ would refuse the declaration of the application (406).',
        help: `Add "${key}" to \`declaredWith\` once the application declares it so, or remove \`${word ?? `arguments.${key}`}\`.`,
        path: [...queue.path, 'declaredWith'],
        part: 'key' as const,
      };
    });
}
