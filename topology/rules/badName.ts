import type { Topology } from '../model';
import { HOLDING_PREFIX, capitalised, withArticle } from '../names';
import type { Path } from '../source/index';
import { isAtLeast } from '../target';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

const NAME_BYTES_MAX = 255;

export const badName: Rule = {
  code: 'bad-name',
  severity: 'error',
  title:
    'A name is not empty, at most 255 bytes of UTF-8, without control characters, no "." or "..", and outside of "amq." and "warren.holding."; a tag has no more than 255 bytes.',
  reason: "RabbitMQ refuses such a name, or its management API can't find the object again.",
  help: 'Choose another name.',
  sources: [
    docs('queues#names'),
    measured('`amq.` names are refused (401 over HTTP, 403 over AMQP)'),
    measured('a longer tag is answered with HTTP 500; of a vhost, characters count from 4.0 on'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      amq.paid:
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
`,
  },
  check: ({ topology, topology: { target } }) => [
    ...named(topology).flatMap(({ what, name, path }) => checkName(what, name, path)),
    ...topology.users.flatMap(({ tags, path }) => checkTags('user', tags, path, byteLength)),
    ...topology.vhosts.flatMap(({ tags = [], path }) =>
      checkTags('vhost', tags, path, isAtLeast(target, '4.0') ? characterCount : byteLength),
    ),
  ],
};

const byteLength = (text: string): number => Buffer.byteLength(text);
const characterCount = (text: string): number => Array.from(text).length;

/** RabbitMQ takes a comma for the end of a tag. */
function checkTags(
  what: 'user' | 'vhost',
  tags: readonly string[],
  path: Path,
  lengthOf: (text: string) => number,
): Finding[] {
  return tags.flatMap((tag, index) => {
    const longest = Math.max(...tag.split(',').map(lengthOf));
    if (longest <= NAME_BYTES_MAX) return [];
    const unit = lengthOf === byteLength ? 'bytes' : 'characters';
    return [
      {
        message: `This tag of the ${what} is ${longest} ${unit} long.`,
        reason: `RabbitMQ has room for ${NAME_BYTES_MAX}, and answers with an internal error.`,
        help: 'Shorten it.',
        path: [...path, 'tags', index],
      },
    ];
  });
}

interface Named {
  readonly what: string;
  readonly name: string;
  readonly path: Path;
}

/** Everything that the topology names. */
export function named({ vhosts, users, workers }: Topology): Named[] {
  const as = (what: string, items: readonly { readonly name: string; readonly path: Path }[]): Named[] =>
    items.map(({ name, path }) => ({ what, name, path }));
  return [
    ...as('vhost', vhosts),
    ...as('user', users),
    ...as('worker', workers),
    ...vhosts.flatMap((vhost) => [
      ...as('exchange', vhost.exchanges),
      ...as('queue', vhost.queues),
      ...vhost.families.map(({ template, path }) => ({ what: 'queue family', name: template, path })),
      ...as('policy', vhost.policies),
      ...as('operator policy', vhost.operatorPolicies),
    ]),
  ];
}

const RESERVING_KINDS = ['exchange', 'queue', 'queue family'];

function checkName(what: string, name: string, path: Path): Finding[] {
  const at = { path, part: 'key' as const };
  const bytes = Buffer.byteLength(name);
  if (name === '') {
    return [
      {
        ...at,
        message: `${capitalised(withArticle(what))} needs a name.`,
        help: 'Write one in front of the colon.',
      },
    ];
  }
  if (bytes > NAME_BYTES_MAX) {
    return [
      {
        ...at,
        message: `The name of this ${what} is ${bytes} bytes long.`,
        reason: `RabbitMQ allows ${NAME_BYTES_MAX} bytes of UTF-8.`,
        help: 'Shorten it; characters beyond ASCII count two to four bytes.',
      },
    ];
  }

  if (/[\u0000-\u001f\u007f]/.test(name)) {
    return [
      {
        ...at,
        message: `The name of this ${what} holds a control character.`,
        reason: 'Tools and patterns would not find it again.',
        help: 'Use visible characters only.',
      },
    ];
  }
  if (name === '.' || name === '..') {
    return [
      {
        ...at,
        message: `The ${what} can't be named "${name}".`,
        reason:
          "RabbitMQ's management API takes this name for a step in a path, so that nothing could be found under it.",
        help: 'Choose another name.',
      },
    ];
  }
  return RESERVING_KINDS.includes(what) ? checkReserved(what, name, at) : [];
}

function checkReserved(what: string, name: string, at: Pick<Finding, 'path' | 'part'>): Finding[] {
  // Queues that RabbitMQ names itself are as real as others, and only described.
  const isServerNamed = what === 'queue family' && name.startsWith('amq.gen-');
  if (name.startsWith('amq.') && !isServerNamed) {
    return [
      {
        ...at,
        message: `The name "${name}" is reserved.`,
        reason: 'RabbitMQ keeps names that begin with "amq." for itself and refuses them (403).',
        help: 'Choose another name. The predeclared exchanges, such as amq.topic, are there without being listed; queues that RabbitMQ names are the family amq.gen-{id}.',
      },
    ];
  }
  if (name.startsWith(HOLDING_PREFIX)) {
    return [
      {
        ...at,
        message: `The name "${name}" is reserved.`,
        reason: `What begins with "${HOLDING_PREFIX}" stands in for a queue or an exchange that Warren recreates or deletes: its messages would go there, and it would be deleted.`,
        help: 'Choose another name. Where an import found it, a recreation was interrupted: finish that with `up`, and import again.',
      },
    ];
  }
  return [];
}
