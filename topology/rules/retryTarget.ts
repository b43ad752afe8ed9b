import { declaredDeadLetterKey } from '../expand/retry';
import type { Queue, Vhost } from '../model';
import { LANGUAGE, docs } from './rule';
import type { Finding, Rule } from './rule';

export const retryTarget: Rule = {
  code: 'retry-target',
  severity: 'error',
  title: 'A retry has a dead-letter target, where messages go after the last attempt.',
  reason: 'A message that has failed for the last time must go somewhere, or it is lost.',
  help: 'Say `deadLetter: { queue: … }` beside the retry, with a queue that this topology lists.',
  sources: [docs('dlx'), LANGUAGE],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { retry: { attempts: 3, delay: 1s } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { retry: { attempts: 3, delay: 1s }, deadLetter: { queue: failed } }
      failed:
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap((vhost) => vhost.queues.flatMap((queue) => checkQueue(queue, vhost))),
};

function checkQueue(queue: Queue, vhost: Vhost): Finding[] {
  const { retry, settings, path, name } = queue;
  if (retry === undefined) return [];
  const { deadLetter } = settings;
  if (deadLetter === undefined) {
    return [
      {
        message: `The retry of "${name}" doesn't say where messages go after the last attempt.`,
        reason: 'Without a dead-letter target they would be lost.',
        help: 'Add `deadLetter: { queue: … }` beside it, and that queue.',
        path: [...path, 'retry'],
        part: 'key',
      },
    ];
  }
  const given = declaredDeadLetterKey(queue);
  if (given !== undefined) {
    return [
      {
        message: `The retry of "${name}" has no effect: the application declares the queue with ${given}.`,
        reason: 'An argument wins over the policy that leads to the delay queues.',
        help: `Remove ${given} from the application's declaration and from declaredWith, or remove the retry.`,
        path: [...path, 'retry'],
        part: 'key',
      },
    ];
  }
  return unsuitable(queue, vhost);
}

function unsuitable({ retry, settings: { deadLetter }, path, name }: Queue, vhost: Vhost): Finding[] {
  const at = { path: [...path, 'deadLetter'], part: 'key' as const };
  if (deadLetter?.queue === name) {
    return [
      {
        ...at,
        message: `The dead letters of "${name}" go to "${name}" itself after the last attempt.`,
        reason: 'They would begin the retry anew, without an end.',
        help: 'Name another queue.',
      },
    ];
  }
  const isWrittenOut = deadLetter?.exchange === `${name}.retry`;
  if (retry?.method === 'ladder' && deadLetter?.exchange !== undefined && !isWrittenOut) {
    return [
      {
        ...at,
        message: `A ladder needs a queue as its dead-letter target, not an exchange.`,
        reason:
          'After the last attempt a message has the routing key of its rung, which no binding there knows.',
        help: 'Say `deadLetter: { queue: … }`, or `method: stages`, which keeps the routing key.',
      },
    ];
  }
  const isFamily =
    deadLetter?.queue !== undefined && !vhost.queues.some((each) => each.name === deadLetter.queue);
  // A name that nothing has is a dangling reference, which has a rule of its own.
  if (!isFamily || !vhost.families.some(({ template }) => template === deadLetter.queue)) return [];
  return [
    {
      ...at,
      message: `"${deadLetter.queue}" is a family: a retry needs a queue that this topology creates.`,
      help: 'List the queue, and name it here.',
    },
  ];
}
