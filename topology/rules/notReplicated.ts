import type { Replication } from '../resolve/replication';
import type { ResolvedTopology } from '../resolve/index';
import type { Path } from '../source/index';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const notReplicated: Rule = {
  code: 'not-replicated',
  severity: 'info',
  title: '`replicated: where-supported` says where the target has no copies.',
  reason:
    'The queue asks for copies where they are supported; on this target it has none, and stops with its node.',
  help: 'Remove what keeps it from being a quorum queue, or leave it: nothing is refused.',
  sources: [docs('quorum-queues#feature-comparison')],
  isAdvice: true,
  example: {
    bad: `
target: '4.0'
vhosts:
  shop:
    queues:
      paid: { type: classic, replicated: where-supported }
`,
    good: `
target: '4.0'
vhosts:
  shop:
    queues:
      paid: { replicated: where-supported }
`,
  },
  check: ({ topology: { target }, vhosts }: ResolvedTopology) =>
    vhosts.flatMap(({ queues, families }) => [
      ...queues.flatMap(({ queue, replication }) =>
        leftAlone(`The queue "${queue.name}"`, replication, queue.path, target),
      ),
      ...families.flatMap(({ family, replication }) =>
        leftAlone(`The family "${family.template}"`, replication, family.path, target),
      ),
    ]),
};

function leftAlone(what: string, replication: Replication, path: Path, target: string): Finding[] {
  if (replication.kind !== 'leftAlone') return [];
  return [
    {
      message: `${what} is not replicated on RabbitMQ ${target}: ${replication.obstacle}.`,
      reason: 'It asks for copies where they are supported; here it has none, and stops with its node.',
      path: [...path, 'replicated'],
    },
  ];
}
