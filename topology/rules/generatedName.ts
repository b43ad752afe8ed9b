import type { Exchange, Queue, Vhost } from '../model';
import { LANGUAGE, docs } from './rule';
import type { Finding, Rule } from './rule';

export const generatedName: Rule = {
  code: 'generated-name',
  severity: 'error',
  title: 'What a retry or a super stream makes has a name that nothing else has.',
  reason: 'Two declarations of one name can only contradict each other.',
  help: 'Rename one of the two.',
  sources: [LANGUAGE, docs('streams#super-streams')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      invoices-0:
    superStreams:
      invoices: { partitions: 2 }
`,
    good: `
vhosts:
  shop:
    queues:
      invoices-old:
    superStreams:
      invoices: { partitions: 2 }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap((vhost) => [
      ...clashes(vhost, vhost.queues, 'queue'),
      ...clashes(vhost, vhost.exchanges, 'exchange'),
    ]),
};

function clashes(vhost: Vhost, all: readonly (Queue | Exchange)[], what: string): Finding[] {
  const taken = new Set(all.filter(({ isGenerated }) => isGenerated !== true).map(({ name }) => name));
  return all
    .filter(({ isGenerated }) => isGenerated === true)
    .flatMap(({ name, path }) => {
      if (taken.has(name)) return clash(vhost, what, name, path);
      taken.add(name);
      return [];
    });
}

function clash(vhost: Vhost, what: string, name: string, path: Queue['path']): Finding {
  return {
    message: `This makes the ${what} "${name}", and the vhost "${vhost.name}" has one of that name already.`,
    reason: 'Two declarations of one name can only contradict each other.',
    help: 'Rename one of the two.',
    path,
    part: 'key',
  };
}
