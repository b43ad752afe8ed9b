import type { Expectation, Topology } from '../model';
import { DEFAULT_EXCHANGE, suggestion } from '../names';
import { KnownNames } from './knownNames';
import { LANGUAGE } from './rule';
import type { Finding, Rule } from './rule';

export const badExpectation: Rule = {
  code: 'bad-expectation',
  severity: 'error',
  title: 'An expectation names a vhost, an exchange and queues that there are, and expects something.',
  reason: 'It would test nothing: what it speaks of can never be so.',
  help: 'Correct the name, or say what is expected: `reaches`, or `after` and `endsIn`.',
  sources: [LANGUAGE],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid:
expect:
  - publish: { routingKey: paid }
    reaches: [payd]
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
expect:
  - publish: { routingKey: paid }
    reaches: [paid]
`,
  },
  check: ({ topology }) => {
    const known = new Map(topology.vhosts.map((vhost) => [vhost.name, new KnownNames(vhost)]));
    return topology.expectations.flatMap((expectation) => checkExpectation(expectation, topology, known));
  },
};

function checkExpectation(
  expectation: Expectation,
  { vhosts }: Topology,
  known: ReadonlyMap<string, KnownNames>,
): Finding[] {
  const { path, vhost, exchange, after, reaches, endsIn, headers } = expectation;
  const publish = [...path, 'publish'];
  const expectsNothing =
    reaches === undefined && endsIn === undefined && after.length === 0
      ? [
          {
            message: 'This expectation expects nothing.',
            help: 'Say which queues the message `reaches`, or what happens to it (`after`) and where it `endsIn`.',
            path: publish,
            part: 'key' as const,
          },
        ]
      : [];
  const copies = ['CC', 'BCC']
    .filter((name) => headers[name] !== undefined && !Array.isArray(headers[name]))
    .map((name) => ({
      message: `The header ${name} is a list of routing keys.`,
      reason: 'RabbitMQ refuses the message otherwise (406).',
      help: 'Write it in brackets, even a single key.',
      path: [...publish, 'headers', name],
    }));
  const names = vhosts.map(({ name }) => name);
  const target = known.get(vhost ?? (names.length === 1 ? (names[0] ?? '') : ''));
  if (target === undefined) {
    const unknown: Finding = {
      message:
        vhost === undefined
          ? 'This expectation must say in which vhost the message is published.'
          : `There is no vhost "${vhost}".`,
      help: vhost === undefined ? suggestion('', names, 'vhost') : suggestion(vhost, names, 'vhost'),
      path: vhost === undefined ? publish : [...publish, 'vhost'],
      part: vhost === undefined ? 'key' : 'value',
    };
    return [...expectsNothing, ...copies, unknown];
  }
  return [...expectsNothing, ...copies, ...unknownNames(expectation, exchange, target)];
}

function unknownNames(
  { path, reaches = [], endsIn = [] }: Expectation,
  exchange: string,
  known: KnownNames,
): Finding[] {
  const queues = { reaches, endsIn };
  const isDefault = exchange === '' || exchange === DEFAULT_EXCHANGE;
  return [
    ...(isDefault ? [] : known.missingExchange(exchange, [...path, 'publish', 'exchange'], 'message')),
    ...Object.entries(queues).flatMap(([key, names]) =>
      names.flatMap((name, index) => known.missingQueue(name, [...path, key, index], 'message')),
    ),
  ].map(({ message, help, path: at }) => ({
    message,
    ...(help === undefined ? {} : { help }),
    path: at,
  }));
}
