import { isLiteralSecret, isSecretName, secretIn } from '../secrets';
import type { Path } from '../source/index';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const passwordInFile: Rule = {
  code: 'password-in-file',
  severity: 'error',
  title: 'No password, token or key stands in a topology.',
  reason: 'A topology is reviewed, copied and kept in version control: whoever can read it could log in.',
  help: 'Write the URI without a user, and say `user:` beside it: the stack puts the credentials in. Other secrets belong where the program runs.',
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
  check: ({ topology }) => valuesIn(topology.source.data, []).flatMap(checkValue),
};

interface ValueAt {
  readonly value: string;
  readonly path: Path;
  /** The item before it in a list. */
  readonly before?: unknown;
}

function valuesIn(value: unknown, path: Path, before?: unknown): ValueAt[] {
  if (typeof value === 'string' || typeof value === 'number') return [{ value: String(value), path, before }];
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.flatMap((item, index) => valuesIn(item, [...path, index], items[index - 1]));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => valuesIn(item, [...path, key]));
}

function checkValue({ value, path, before }: ValueAt): Finding[] {
  const found = secretIn(value);
  const name = found === undefined ? nameOfSecret(value, path, before) : found.name;
  if (found === undefined && name === undefined) return [];
  const isUri = found !== undefined && value.includes('://');
  return [
    {
      message: isUri ? 'This URI holds a password.' : `The value of "${name ?? ''}" is a secret.`,
      reason: 'Whoever can read the topology could log in with it.',
      help: /^amqps?:/.test(value)
        ? 'Write the URI without user and password; the stack puts the credentials in.'
        : path[0] === 'broker'
          ? 'Remove it here, and give it to the nodes in a file of their own, e.g. below conf.d.'
          : 'Remove it here, and let the program or its platform add it where it runs.',
      path,
    },
  ];
}

/** The name by which a value is a secret, where names are free to choose. */
function nameOfSecret(value: string, path: Path, before: unknown): string | undefined {
  if (!isLiteralSecret(value)) return undefined;
  const option = typeof before === 'string' ? /^--?([^=]+)$/.exec(before)?.[1] : undefined;
  if (path[0] === 'workers' && path[2] === 'command') {
    return option !== undefined && isSecretName(option) && !value.startsWith('-') ? option : undefined;
  }
  const name = path.findLast((step) => typeof step === 'string');
  return name !== undefined && isFree(path) && isSecretName(name) ? name : undefined;
}

/** Elsewhere a key is a word of the language, or the name of an object. */
function isFree(path: Path): boolean {
  const [section, , part] = path;
  return (
    section === 'globalParameters' ||
    (section === 'broker' && path[1] === 'conf') ||
    (section === 'workers' && part === 'env') ||
    (section === 'vhosts' && part === 'parameters')
  );
}
