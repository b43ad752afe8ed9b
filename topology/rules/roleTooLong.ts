import type { Permission, Topology } from '../model';
import { PATTERN_BYTES_MAX, PATTERN_BYTES_MAX_BEFORE_4_3 } from '../patterns/brokerRegex';
import { isAtLeast } from '../target';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

/** Nothing in them is alike: no pattern is shorter than they are. */
const LONG_NAMES = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(220));

export const roleTooLong: Rule = {
  code: 'role-too-long',
  severity: 'error',
  title: 'The names of a role fit into the patterns of a permission.',
  reason: 'RabbitMQ refuses a longer one: 1,024 bytes from 4.3 on.',
  help: 'Give the queues names that begin alike and make them a family, split the user, or write permissions with a wider pattern.',
  sources: [
    docs('access-control#authorisation'),
    measured('1,024 bytes on 4.3; before, 30,000 bytes are taken and 60,000 are not'),
  ],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
${LONG_NAMES.map((name) => `      ${name}:`).join('\n')}
users:
  worker:
    roles: { shop: { consumer: [${LONG_NAMES.join(', ')}] } }
`,
    good: `
vhosts:
  shop:
    families:
      'job-{name}': {}
users:
  worker:
    roles: { shop: { consumer: ['job-{name}'] } }
`,
  },
  check: ({ topology }) =>
    topology.users.flatMap(({ name, permissions }) =>
      permissions
        .filter(({ isGenerated }) => isGenerated === true)
        .flatMap((permission) => checkPermission(name, permission, topology)),
    ),
};

function checkPermission(user: string, permission: Permission, { target }: Topology): Finding[] {
  const bytesMax = isAtLeast(target, '4.3') ? PATTERN_BYTES_MAX : PATTERN_BYTES_MAX_BEFORE_4_3;
  const { path, vhost, configure, write, read } = permission;
  const [longest] = Object.entries({ configure, write, read })
    .map(([verb, pattern]) => ({ verb, bytes: Buffer.byteLength(pattern) }))
    .sort((a, b) => b.bytes - a.bytes);
  if (longest === undefined || longest.bytes <= bytesMax) return [];
  return [
    {
      message: `The role of "${user}" in the vhost "${vhost}" takes a ${longest.verb} pattern of ${longest.bytes} bytes.`,
      reason: `RabbitMQ ${target} takes ${bytesMax}.`,
      help: 'Give the queues names that begin alike and make them a family, split the user, or write permissions with a wider pattern.',
      path,
      part: 'key',
    },
  ];
}
