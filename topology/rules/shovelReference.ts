import type { Parameter, Vhost } from '../model';
import { suggestion } from '../names';
import { isInternalUri, vhostOfUri } from '../uriLogins';
import { KnownNames } from './knownNames';
import { parameterField, shovelsOf } from './parameterField';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

const END = { source: 'src', destination: 'dest' } as const;

export const shovelReference: Rule = {
  code: 'shovel-reference',
  severity: 'warning',
  title: 'A shovel inside of the broker moves between queues and exchanges of the topology.',
  reason:
    'Where an exchange is missing, the shovel stops again and again. A missing queue it makes itself, durable and without any limits, and nobody consumes from it.',
  help: 'Correct the name, or define what is missing.',
  sources: [
    docs('shovel-dynamic'),
    measured(
      '`amqp://` is the vhost "/"; a missing queue is made; a missing exchange stops the shovel (404; 3.10 shows it as running all the same)',
    ),
  ],
  isAdvice: true,
  example: {
    bad: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    shovels:
      move: { source: { uri: 'amqp:///shop', queue: old }, destination: { uri: 'amqp:///shop', queue: piad } }
    queues: { paid: , old: }
`,
    good: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    shovels:
      move: { source: { uri: 'amqp:///shop', queue: old }, destination: { uri: 'amqp:///shop', queue: paid } }
    queues: { paid: , old: }
`,
  },
  check: ({ topology: { vhosts } }) => {
    const shovels = shovelsOf(vhosts);
    if (shovels.length === 0) return [];
    const known = new Map(vhosts.map((vhost: Vhost) => [vhost.name, new KnownNames(vhost)]));
    return shovels.flatMap((shovel) => [
      ...checkEnd(shovel, 'source', known),
      ...checkEnd(shovel, 'destination', known),
    ]);
  },
};

function checkEnd(
  shovel: Parameter,
  end: keyof typeof END,
  vhosts: ReadonlyMap<string, KnownNames>,
): Finding[] {
  const field = (key: string): unknown => parameterField(shovel, `${END[end]}-${key}`);
  if (field('protocol') === 'amqp10') return [];
  const uris = [field('uri')].flat().filter((uri) => typeof uri === 'string' && isInternalUri(uri));
  const names = new Set(uris.map((uri) => vhostOfUri(String(uri))));
  const path = [...shovel.path, end];
  return [...names].flatMap((name) => {
    if (name === undefined) return [];
    const vhost = vhosts.get(name);
    if (vhost === undefined) return [missingVhost(name, [...vhosts.keys()], [...path, 'uri'])];
    const [queue, exchange] = [field('queue'), field('exchange')];
    return [
      ...(typeof queue === 'string' ? vhost.missingQueue(queue, [...path, 'queue'], 'messages') : []).map(
        (finding) => ({ ...finding, reason: MADE_BY_SHOVEL }),
      ),
      ...(typeof exchange === 'string' && exchange !== ''
        ? vhost.missingExchange(exchange, [...path, 'exchange'], 'messages')
        : []
      ).map((finding) => ({ ...finding, reason: STOPS })),
    ];
  });
}

const MADE_BY_SHOVEL =
  'The shovel makes it: durable, of the default type of the vhost, and without any of the settings that the topology could give it.';
const STOPS =
  'The shovel finds no such exchange: it stops and starts anew, again and again, or stands still; nothing is moved.';

function missingVhost(name: string, known: readonly string[], path: Finding['path']): Finding {
  return {
    message: `There is no vhost "${name}" in the topology.`,
    reason: 'Where the broker has none either, it refuses the shovel (400).',
    help: suggestion(name, known, 'vhost'),
    path,
  };
}
