import type { Queue, Role, Vhost } from '../model';
import { LANGUAGE, docs } from './rule';
import type { Finding, Rule } from './rule';

export const delayConsumer: Rule = {
  code: 'delay-consumer',
  severity: 'warning',
  title: 'Nobody consumes from the delay queue of a retry.',
  reason: 'What is taken from there has not waited, and its next attempt never comes.',
  help: 'Name the queue itself: its consumers get the further attempts, too.',
  sources: [LANGUAGE, docs('dlx')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      paid: { retry: { attempts: 1, delay: 5s }, deadLetter: { queue: failed } }
      failed:
users:
  worker:
    roles: { shop: { consumer: [paid, paid.retry.1] } }
`,
    good: `
vhosts:
  shop:
    queues:
      paid: { retry: { attempts: 1, delay: 5s }, deadLetter: { queue: failed } }
      failed:
users:
  worker:
    roles: { shop: { consumer: [paid] } }
`,
  },
  check: ({ topology: { vhosts, users } }) => {
    const delays = new Map(vhosts.map((vhost) => [vhost.name, delayQueues(vhost)]));
    return users.flatMap(({ roles }) => roles.flatMap((role) => checkRole(role, delays.get(role.vhost))));
  },
};

/** By their names, with the queue that waits for what is in them. */
function delayQueues({ queues }: Vhost): ReadonlyMap<string, string> {
  const retried = queues.filter(({ retry, isGenerated }) => retry !== undefined && isGenerated !== true);
  const stages = new Set(retried.flatMap((queue) => queue.stages ?? []));
  const works = new Map(retried.map((queue) => [pathKey([...queue.path, 'retry']), queue.name]));
  return new Map(
    queues.flatMap(({ name, path, isGenerated }) => {
      const work = works.get(pathKey(path));
      return isGenerated !== true || work === undefined || stages.has(name) ? [] : [[name, work]];
    }),
  );
}

function pathKey(path: Queue['path']): string {
  return JSON.stringify(path);
}

function checkRole(role: Role, delays: ReadonlyMap<string, string> | undefined): Finding[] {
  return (['consumer', 'owner', 'celery'] as const).flatMap((use) =>
    role[use].flatMap((name, index): Finding[] => {
      const work = delays?.get(name);
      if (work === undefined) return [];
      return [
        {
          message: `In "${name}", messages wait for their next attempt in "${work}".`,
          reason: 'What is taken from there has not waited, and its next attempt never comes.',
          help: `Name "${work}": its consumers get the further attempts, too.`,
          path: [...role.path, use, index],
        },
      ];
    }),
  );
}
