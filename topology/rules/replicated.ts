import type { Replication } from '../resolve/replication';
import type { ResolvedTopology } from '../resolve/index';
import type { Path } from '../source/index';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const replicated: Rule = {
  code: 'replicated',
  severity: 'error',
  title: '`replicated` must be possible on the target.',
  reason: 'On 4.x only quorum queues and streams have copies: classic mirroring is gone.',
  help: 'Remove what keeps it from being a quorum queue, or say `replicated: where-supported` to do without copies there.',
  sources: [docs('quorum-queues#feature-comparison'), docs('3.13/ha')],
  isAdvice: false,
  example: {
    bad: `
target: '4.0'
vhosts:
  shop:
    queues:
      paid: { type: classic, replicated: true }
`,
    good: `
target: '4.0'
vhosts:
  shop:
    queues:
      paid: { replicated: true }
`,
  },
  check: ({ topology: { target }, vhosts }: ResolvedTopology) =>
    vhosts.flatMap(({ queues, families }) => [
      ...queues.flatMap(({ queue, replication }) =>
        checkReplication(`The queue "${queue.name}"`, replication, queue.path, target, QUEUE_HELP),
      ),
      ...families.flatMap(({ family, replication }) =>
        checkReplication(`The family "${family.template}"`, replication, family.path, target, FAMILY_HELP),
      ),
    ]),
};

const QUEUE_HELP =
  'Remove that property so that it can be a quorum queue, or say `replicated: where-supported` to do without copies here.';
const FAMILY_HELP =
  'Let the application declare its queues so that they can be quorum queues, or say `replicated: where-supported` to do without copies here.';

function checkReplication(
  what: string,
  replication: Replication,
  path: Path,
  target: string,
  help: string,
): Finding[] {
  const at = { path: [...path, 'replicated'] };
  switch (replication.kind) {
    case 'refused':
      return [
        {
          ...at,
          message: `${what} can't be replicated on RabbitMQ ${target}: ${replication.obstacle}.`,
          reason: 'On 4.x only quorum queues and streams have copies: classic mirroring is gone.',
          help,
        },
      ];
    case 'leftAlone':
    case 'none':
    case 'byType':
    case 'mirrored':
      return [];
  }
}
