/** `warren.ClusterGuard`: is taken away first when a cluster goes, and refuses that while queues hold messages. */
import type { Broker } from '../../../broker/api/transport';
import type { StepType } from '../../stepType';
import { isBrokerError } from '../../../broker/api/errors';
import { howToApprove, verdictOn, type Loss } from '../../../broker/guards/approvals';
import { countsOfVhost, describeCounts, isFull } from '../../../broker/figures/queueCounts';
import * as vhosts from '../../../broker/kinds/vhosts';
import { UserError } from '../../userError';
import { platformWords } from './platformWords';

interface ClusterGuard {
  readonly cluster: string;
  /** The volumes stay, and the messages with them. */
  readonly isKept: boolean;
  /** Kubernetes'; left out on Docker. */
  readonly namespace?: string;
}

const SHOWN = 3;

export const clusterGuardStep: StepType<ClusterGuard> = {
  token: 'warren:index:ClusterGuard',
  parse: (inputs) => {
    const namespace = inputs.optionalText('namespace');
    return {
      cluster: inputs.text('cluster'),
      isKept: inputs.flag('isKept', false),
      ...(namespace === undefined ? {} : { namespace }),
    };
  },
  pass: () => Promise.resolve(),
  passBack: async ({ session }, { cluster, isKept, namespace }) => {
    if (isKept) return;
    const everything: Loss = {
      operation: 'delete',
      subject: `cluster ${cluster}`,
      shape: null,
      messages: Infinity,
      isInUse: true,
    };
    if (verdictOn(everything, session.approvals) === 'approved') return;
    const found = await session.logIn().then(contentsOf, (error: unknown) => {
      if (isBrokerError(error) && error.kind !== 'cancelled') return error.message;
      throw error;
    });
    if (found === undefined) return;
    const reason =
      typeof found === 'string' ? `what its queues hold can't be seen (${found})` : found.inWords;
    const loss = typeof found === 'string' ? everything : { ...everything, messages: found.messages };
    throw new UserError(
      `Refused to delete the cluster ${cluster} with its volumes: ${reason}. Let them be consumed,${platformWords(cluster, namespace).keepVolumes} or approve the loss with ${howToApprove(loss, verdictOn(loss, session.approvals))}. A destroy knows the settings of the last \`up\`: run one after changing them.`,
    );
  },
};

/** By figures that are fit for a deletion: those of quorum queues come some seconds late. */
async function contentsOf(
  broker: Broker,
): Promise<{ readonly messages: number; readonly inWords: string } | undefined> {
  const all = await vhosts.list(broker);
  const counts = await Promise.all(
    all.map(async ({ name: vhost }) =>
      (await countsOfVhost(broker, vhost)).map((queue) => ({ ...queue, vhost })),
    ),
  );
  const full = counts.flat().filter(isFull);
  if (full.length === 0) return undefined;
  const messages = full.reduce((sum, queue) => sum + queue.messages, 0);
  const largest = [...full].sort((a, b) => b.messages - a.messages).slice(0, SHOWN);
  const named = largest.map((queue) => `"${queue.name}" in vhost "${queue.vhost}" ${describeCounts(queue)}`);
  const more = full.length > SHOWN ? `, and ${full.length - SHOWN} more queues` : '';
  return { messages, inWords: `messages are, or may be, in ${named.join('; ')}${more}` };
}
