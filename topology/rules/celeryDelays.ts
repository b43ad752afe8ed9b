import type { Topology } from '../model';
import { quoteList } from '../names';
import type { ResolvedVhost } from '../resolve/index';
import { isCeleryWorker } from './consumers';
import type { Finding, Rule } from './rule';

export const celeryDelays: Rule = {
  code: 'celery-delays',
  severity: 'warning',
  title: 'A Celery application on quorum queues sends its tasks through a topic exchange.',
  reason:
    'On quorum queues Celery delays tasks (countdown, ETA, retry) on the broker, which works through topic exchanges only: behind a direct exchange such a task keeps its worker until it is due.',
  help: 'Add a topic exchange, name it with `celery: { exchange: … }`, and bind the task queues to it by their names.',
  sources: [
    'https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/rabbitmq.html#using-quorum-queues',
    'https://docs.celeryq.dev/en/stable/userguide/configuration.html#worker-detect-quorum-queues',
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    celery: { app: shop }
    queues:
      default: { type: quorum, deliveryLimit: -1 }
users:
  shop: { roles: { shop: { celery: [default] } } }
workers:
  shop: { vhost: shop, user: shop, queues: [default], command: [celery, -A, shop, worker, -Q, default] }
`,
    good: `
vhosts:
  shop:
    celery: { app: shop, exchange: tasks }
    exchanges:
      tasks: { type: topic }
    queues:
      default: { type: quorum, deliveryLimit: -1, bindings: [{ exchange: tasks, routingKey: default }] }
users:
  shop: { roles: { shop: { celery: [default] } } }
workers:
  shop: { vhost: shop, user: shop, queues: [default], command: [celery, -A, shop, worker, -Q, default] }
`,
  },
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => checkVhost(vhost, topology)),
};

/** Only where the topology speaks of the Celery application: of others it can't be known how they send. */
function checkVhost({ vhost, queues }: ResolvedVhost, { users, workers }: Topology): Finding[] {
  const { celery } = vhost;
  if (celery === undefined) return [];
  const taskQueues = new Set([
    ...Object.values(celery.tasks),
    ...workers
      .filter((each) => each.vhost === vhost.name && isCeleryWorker(each))
      .flatMap((each) => each.queues),
    ...users.flatMap(({ roles }) =>
      roles.filter((role) => role.vhost === vhost.name).flatMap((role) => role.celery),
    ),
  ]);
  const quorum = queues.filter(({ queue, type }) => type === 'quorum' && taskQueues.has(queue.name));
  if (quorum.length === 0) return [];
  const exchange = vhost.exchanges.find(({ name }) => name === celery.exchange);
  if (exchange?.type === 'topic' || (celery.exchange !== undefined && exchange === undefined)) return [];
  const names = quoteList(
    quorum.map(({ queue }) => queue.name),
    4,
  );
  return [
    {
      message:
        exchange === undefined
          ? `The Celery application sends straight to its quorum queues ${names}.`
          : `The Celery application sends to its quorum queues ${names} through "${exchange.name}", a ${exchange.type} exchange.`,
      reason:
        'A task with a countdown, an ETA or a retry would keep its worker until it is due: Celery delays it on the broker through topic exchanges only.',
      help: 'Name a topic exchange with `celery: { exchange: … }`, and bind these queues to it by their names.',
      path: exchange === undefined ? celery.path : [...celery.path, 'exchange'],
      part: exchange === undefined ? ('key' as const) : ('value' as const),
    },
  ];
}
