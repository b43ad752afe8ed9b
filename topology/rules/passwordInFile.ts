import type { Topology } from '../model';
import type { Path } from '../source';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const passwordInFile: Rule = {
  code: 'password-in-file',
  severity: 'error',
  title: 'No password stands in a topology.',
  reason: 'A topology is reviewed, copied and kept in version control: whoever can read it could log in.',
  help: 'Write the URI without a user, and say `user:` beside it: the stack puts the credentials in.',
  sources: [docs('production-checklist#users'), docs('uri-spec')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid:
workers:
  shop:
    vhost: shop
    queues: [paid]
    env: { BROKER_URL: 'amqp://shop:secret@rabbitmq:5672/shop' }
`,
    good: `
vhosts:
  shop:
    queues:
      paid:
users:
  shop: { roles: { shop: { consumer: [paid] } } }
workers:
  shop: { vhost: shop, user: shop, queues: [paid] }
`,
  },
  check: ({ topology }) => texts(topology).flatMap(checkText),
};

interface TextAt {
  readonly text: string;
  readonly path: Path;
}

function texts({ vhosts, globalParameters, workers, broker }: Topology): TextAt[] {
  return [
    ...vhosts.flatMap(({ parameters }) => parameters.flatMap(({ value, path }) => textsIn(value, path))),
    ...globalParameters.flatMap(({ value, path }) => textsIn(value, path)),
    ...workers.flatMap(({ env, command, path }) => [
      ...textsIn(env, [...path, 'env']),
      ...textsIn(command, [...path, 'command']),
    ]),
    ...(broker === undefined ? [] : textsIn(broker.conf, [...broker.path, 'conf'])),
  ];
}

function textsIn(value: unknown, path: Path): TextAt[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}

/** A reference to a variable, as shells and Compose write it, is no password. */
const WITH_PASSWORD = /\b[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:(?!\$)([^/@\s]+)@/i;

function checkText({ text, path }: TextAt): Finding[] {
  if (!WITH_PASSWORD.test(text)) return [];
  return [
    {
      message: 'This URI holds a password.',
      reason: 'Whoever can read the topology could log in with it.',
      help: 'Write the URI without user and password; the stack puts the credentials in.',
      path,
    },
  ];
}
