import type { Topology, Worker } from '../model';
import { quoteList } from '../names';
import type { ResolvedVhost } from '../resolve/index';
import { commandWords, isCeleryWorker } from './consumers';
import type { Finding, Rule } from './rule';

export const celeryCommand: Rule = {
  code: 'celery-command',
  severity: 'warning',
  title: "A Celery worker's command says what the topology says about the worker.",
  reason:
    'A worker that consumes from other queues than the topology says is scaled, alerted and granted for the wrong ones; --autoscale does nothing on quorum queues.',
  help: 'Give -Q the queues of the worker; scale workers on quorum queues by replicas.',
  sources: [
    'https://docs.celeryq.dev/en/stable/userguide/workers.html#queues',
    'https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/rabbitmq.html#limitations',
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues: { default: , mail: }
workers:
  shop: { vhost: shop, queues: [default], command: [celery, -A, shop, worker, -Q, 'default,mail'] }
`,
    good: `
vhosts:
  shop:
    queues: { default: , mail: }
workers:
  shop: { vhost: shop, queues: [default, mail], command: [celery, -A, shop, worker, -Q, 'default,mail'] }
`,
  },
  check: ({ topology, vhosts }) => {
    const byName = new Map(vhosts.map((resolved) => [resolved.vhost.name, resolved]));
    return topology.workers
      .filter(isCeleryWorker)
      .flatMap((worker) => [
        ...otherQueues(worker),
        ...autoscaled(worker, byName.get(worker.vhost ?? ''), topology),
      ]);
  },
};

function otherQueues({ name, command, queues, path }: Worker): Finding[] {
  const consumed = queuesOption(commandWords(command));
  if (consumed === undefined) return [];
  const [missing, extra] = [
    queues.filter((queue) => !consumed.includes(queue)),
    consumed.filter((queue) => !queues.includes(queue)),
  ];
  if (missing.length === 0 && extra.length === 0) return [];
  const parts = [
    ...(extra.length === 0 ? [] : [`consumes from ${quoteList(extra, 4)} too`]),
    ...(missing.length === 0 ? [] : [`does not consume from ${quoteList(missing, 4)}`]),
  ];
  return [
    {
      message: `The command of the worker "${name}" ${parts.join(', and ')}.`,
      reason: 'The topology would scale, alert and grant for other queues than those that the worker has.',
      help: 'Let `queues` and -Q name the same queues.',
      path: [...path, 'command'],
      part: 'key',
    },
  ];
}

/** The queues of -Q, --queues and what they can be written like; undefined where there is no such option. */
function queuesOption(words: readonly string[]): string[] | undefined {
  for (const [index, word] of words.entries()) {
    const given =
      /^(?:--queues=|-Q=?)(.+)$/.exec(word)?.[1] ??
      (/^(-Q|--queues)$/.test(word) ? words[index + 1] : undefined);
    if (given !== undefined)
      return given
        .replace(/['"]/g, '')
        .split(',')
        .filter((name) => name !== '');
  }
  return undefined;
}

function autoscaled(worker: Worker, vhost: ResolvedVhost | undefined, { target }: Topology): Finding[] {
  const words = commandWords(worker.command);
  if (!words.some((word) => /^--autoscale(=|$)/.test(word))) return [];
  const onQuorum = vhost?.queues.find(
    ({ queue, type }) => type === 'quorum' && worker.queues.includes(queue.name),
  );
  if (onQuorum === undefined) return [];
  return [
    {
      message: `--autoscale of the worker "${worker.name}" does nothing: "${onQuorum.queue.name}" is a quorum queue on RabbitMQ ${target}.`,
      reason: 'Celery scales its pool by changing its prefetch, which quorum queues have per consumer only.',
      help: 'Remove it, and scale by `replicas` or `autoscale`.',
      path: [...worker.path, 'command'],
      part: 'key',
    },
  ];
}
