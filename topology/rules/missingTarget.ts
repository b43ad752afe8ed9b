import type { Vhost } from '../model';
import { DEFAULT_EXCHANGE } from '../names';
import { NAMELESS_EXCHANGE } from '../route/table';
import type { Path } from '../source/index';
import { KnownNames } from './knownNames';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const missingTarget: Rule = {
  code: 'missing-target',
  severity: 'error',
  title: 'Dead letters and unroutable messages go to a queue or exchange that the topology has.',
  reason: 'RabbitMQ accepts a target that is not there, and drops what should go to it without a trace.',
  help: 'Correct the name, or define the target. One that somebody else declares may be suppressed with that reason.',
  sources: [docs('dlx'), docs('ae'), measured('such queues, exchanges and policies are accepted')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { deadLetter: { queue: faild } }
      failed: { maxLength: 1000 }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { deadLetter: { queue: failed } }
      failed: { maxLength: 1000 }
`,
  },
  check: ({ topology: { vhosts } }) => vhosts.flatMap(checkVhost),
};

function checkVhost(vhost: Vhost): Finding[] {
  const known = new KnownNames(vhost);
  return [
    ...[...vhost.queues, ...vhost.families].flatMap(({ path, settings: { deadLetter } }) => [
      ...known.missingQueue(deadLetter?.queue, [...path, 'deadLetter', 'queue'], 'dead letters'),
      ...missingDeadLetterExchange(deadLetter?.exchange, [...path, 'deadLetter', 'exchange'], known),
    ]),
    ...vhost.exchanges.flatMap(({ path, alternate }) =>
      known.missingExchange(alternate, [...path, 'alternate'], 'unroutable messages'),
    ),
    ...[...vhost.policies, ...vhost.operatorPolicies].flatMap(({ path, definition }) =>
      ['dead-letter-exchange', 'alternate-exchange'].flatMap((key) => {
        const exchange = definition[key];
        if (typeof exchange !== 'string' || exchange === '') return [];
        return known.missingExchange(exchange, [...path, 'definition', key], 'messages');
      }),
    ),
    ...argumentTargets(vhost, known),
  ];
}

function missingDeadLetterExchange(name: string | undefined, path: Path, known: KnownNames): Finding[] {
  if (name !== NAMELESS_EXCHANGE && name !== DEFAULT_EXCHANGE)
    return known.missingExchange(name, path, 'dead letters');
  return [
    {
      message: 'Dead letters go through the default exchange to the queue that `deadLetter` names.',
      reason: 'It takes a message to the queue of its routing key, and has no bindings.',
      help: 'Say `deadLetter: { queue: … }`, with the name of that queue.',
      path,
    },
  ];
}

/** The same, where an application says it in the arguments. */
function argumentTargets(vhost: Vhost, known: KnownNames): Finding[] {
  const owners = [
    ...vhost.queues.flatMap(({ path, declaredWith = {}, arguments: given }) => [
      { path: [...path, 'declaredWith'], given: declaredWith },
      { path: [...path, 'arguments'], given },
    ]),
    ...vhost.families.map(({ path, declaredWith = {} }) => ({
      path: [...path, 'declaredWith'],
      given: declaredWith,
    })),
    ...vhost.exchanges.map(({ path, arguments: given }) => ({ path: [...path, 'arguments'], given })),
  ];
  return owners.flatMap(({ path, given }) =>
    ['x-dead-letter-exchange', 'alternate-exchange'].flatMap((key) => {
      const exchange = given[key];
      if (typeof exchange !== 'string') return [];
      if (exchange !== '') return known.missingExchange(exchange, [...path, key], 'messages');
      const queue = given['x-dead-letter-routing-key'];
      if (key !== 'x-dead-letter-exchange' || typeof queue !== 'string') return [];
      return known.missingQueue(queue, [...path, 'x-dead-letter-routing-key'], 'dead letters');
    }),
  );
}
