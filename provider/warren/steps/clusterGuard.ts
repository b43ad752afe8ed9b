/** `warren.ClusterGuard`: is taken away first when a cluster goes, and refuses that while queues hold messages. */
import type { Broker } from '../../../broker/transport';
import type { StepType } from '../../stepType';
import { isBrokerError } from '../../../broker/errors';
import { howToApprove, verdictOn, type Loss } from '../../../broker/approvals';
import { plural } from '../../../broker/queueCounts';
import { messagesOf } from '../../../broker/nodes';
import { UserError } from '../../userError';

interface ClusterGuard {
  readonly cluster: string;
  /** The volumes stay, and the messages with them. */
  readonly isKept: boolean;
}

export const clusterGuardStep: StepType<ClusterGuard> = {
  token: 'warren:index:ClusterGuard',
  parse: (inputs) => ({ cluster: inputs.text('cluster'), isKept: inputs.flag('isKept', false) }),
  pass: () => Promise.resolve(),
  passBack: async ({ session }, { cluster, isKept }) => {
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
    if (typeof found !== 'string' && found.messages === 0) return;
    const reason =
      typeof found === 'string' ? `what its queues hold can't be seen (${found})` : found.inWords;
    const loss = typeof found === 'string' ? everything : { ...everything, messages: found.messages };
    throw new UserError(
      `Refused to delete the cluster ${cluster} with its volumes: ${reason}. Let them be consumed, keep the volumes (docker.cluster.keepVolumes), or approve the loss with ${howToApprove(loss, verdictOn(loss, session.approvals))}`,
    );
  },
};

async function contentsOf(broker: Broker): Promise<{ readonly messages: number; readonly inWords: string }> {
  const queues = (await messagesOf(broker)).filter(({ messages }) => messages > 0);
  const messages = queues.reduce((sum, queue) => sum + queue.messages, 0);
  const largest = [...queues].sort((a, b) => b.messages - a.messages).slice(0, 3);
  const named = largest.map(
    (queue) => `"${queue.name}" in vhost "${queue.vhost}" ${plural(queue.messages, 'message')}`,
  );
  const more = queues.length > largest.length ? `, and ${queues.length - largest.length} more queues` : '';
  return {
    messages,
    inWords: `${plural(queues.length, 'queue')} ${queues.length === 1 ? 'holds' : 'hold'} ${plural(messages, 'message')}: ${named.join(', ')}${more}`,
  };
}
