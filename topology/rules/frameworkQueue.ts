import type { Exchange, Family, Policy, Queue, Topology, Vhost } from '../model';
import type { Arguments } from '../objects';
import { settingsDefinition } from '../resolve/policyDefinitions';
import { CELERY_NAMES } from '../frameworkNames';
import { patternMatches } from '../patterns/languages';
import { templateMatches } from '../patterns/template';
import { usesCelery } from './consumers';
import type { Finding, Rule } from './rule';

export const frameworkQueue: Rule = {
  code: 'framework-queue',
  severity: 'warning',
  title: 'Queues that Celery makes for itself are left to it.',
  reason:
    'Celery declares celeryev.*, *.celery.pidbox, celery_delayed_* and its reply queues itself, with arguments of its own: a limit on them loses results, remote control and delayed tasks, and a listed one is refused (406).',
  help: 'Let patterns match your own queues only, and remove such queues from the topology; the role `celery` grants what Celery needs.',
  sources: [
    'https://docs.celeryq.dev/en/stable/userguide/routing.html',
    'https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/rabbitmq.html#using-quorum-queues',
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    celery:
    queues: { default: }
    policies:
      all: { pattern: '.*', applyTo: queues, definition: { expires: 3600000 } }
`,
    good: `
vhosts:
  shop:
    celery:
    queues: { default: }
    policies:
      own: { pattern: '^default$', applyTo: queues, definition: { max-length: 1000 } }
`,
  },
  check: ({ topology }) => topology.vhosts.flatMap((vhost) => checkVhost(vhost, topology)),
};

/** One of each sort of queue that Celery makes, with what it is for. */
const SAMPLES: readonly (readonly [name: string, purpose: string])[] = [
  ['celeryev.1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed', 'events'],
  ['celery@worker-1.celery.pidbox', 'remote control'],
  ['celery_delayed_27', 'delayed tasks'],
  ['1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed', 'results'],
];

/** What does harm on such a queue. */
const HARMFUL = [
  'message-ttl',
  'expires',
  'max-length',
  'max-length-bytes',
  'overflow',
  'dead-letter-exchange',
  'delivery-limit',
];

function checkVhost(vhost: Vhost, topology: Topology): Finding[] {
  const listed = [...vhost.queues, ...vhost.exchanges].flatMap(checkName);
  if (!usesCelery(vhost, topology)) return listed;
  return [...listed, ...vhost.policies.flatMap(checkPolicy), ...vhost.families.flatMap(checkFamily)];
}

function checkName({ name, path }: Queue | Exchange): Finding[] {
  if (!CELERY_NAMES.test(name)) return [];
  return [
    {
      message: `"${name}" is a name that Celery uses for itself.`,
      reason:
        'Celery declares it with arguments and a lifetime of its own, and is refused (406) where it is there with others.',
      help: 'Remove it from the topology: the role `celery` lets Celery make it.',
      path,
      part: 'key',
    },
  ];
}

function checkPolicy({ name, pattern, applyTo, definition, path }: Policy): Finding[] {
  if (applyTo === 'exchanges' || harm(definition) === undefined) return [];
  return hits(`The policy "${name}"`, harm(definition), (sample) => patternMatches(pattern, sample), {
    path: [...path, 'pattern'],
  });
}

function checkFamily({ template, settings, path }: Family): Finding[] {
  return hits(
    `The family "${template}"`,
    harm(settingsDefinition(settings)),
    (sample) => templateMatches(template, sample),
    { path, part: 'key' },
  );
}

function harm(definition: Arguments): string | undefined {
  return HARMFUL.find((key) => key in definition);
}

function hits(
  what: string,
  key: string | undefined,
  matches: (name: string) => boolean,
  at: Pick<Finding, 'path' | 'part'>,
): Finding[] {
  if (key === undefined) return [];
  const hit = SAMPLES.find(([name]) => matches(name));
  if (hit === undefined) return [];
  const [name, purpose] = hit;
  return [
    {
      ...at,
      message: `${what} applies to queues that Celery makes for itself, such as "${name}" (${purpose}).`,
      reason: `With ${key} on them, Celery loses ${purpose}.`,
      help: 'Let it match your own queues only.',
    },
  ];
}
