import { isScheduler } from './consumers';
import type { Rule } from './rule';

export const schedulerTwice: Rule = {
  code: 'scheduler-twice',
  severity: 'warning',
  title: 'There is one Celery beat, and always one.',
  reason:
    'Each process of beat sends every task of the schedule: two send it twice, and one that is scaled to none sends nothing.',
  help: 'Give beat a fleet of its own with `replicas: 1` and no `autoscale`; leave -B out of workers that are more than one.',
  sources: ['https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html'],
  isAdvice: true,
  example: {
    bad: `
vhosts: { shop: { queues: { default: } } }
workers:
  shop: { vhost: shop, queues: [default], replicas: 3, command: [celery, -A, shop, worker, -B, -Q, default] }
`,
    good: `
vhosts: { shop: { queues: { default: } } }
workers:
  shop: { vhost: shop, queues: [default], replicas: 3, command: [celery, -A, shop, worker, -Q, default] }
  beat: { vhost: shop, replicas: 1, command: [celery, -A, shop, beat] }
`,
  },
  check: ({ topology: { workers } }) =>
    workers.flatMap((worker) => {
      const { name, path, replicas = 1, autoscale } = worker;
      const isOne = autoscale === undefined && replicas <= 1;
      if (isOne || !isScheduler(worker)) return [];
      const setting = autoscale === undefined ? 'replicas' : 'autoscale';
      return [
        {
          message: `The workers "${name}" run Celery beat, and have \`${setting}\`.`,
          reason:
            autoscale?.min === 0
              ? 'While they are scaled to none, nothing of the schedule is sent.'
              : 'Each of them sends every task of the schedule.',
          help: 'Give beat a fleet of its own with `replicas: 1` and no `autoscale`.',
          path: [...path, setting],
        },
      ];
    }),
};
