/** What RabbitMQ 3.10 answers about a classic queue whose only node is down, as measured on a cluster: it is still there. */
import { expect, it } from 'vitest';
import { NOTHING_APPROVED, parseApprovals } from '../../broker/guards/approvals';
import { BrokerError } from '../../broker/api/errors';
import { removeQueue } from '../../broker/guards/queueDeletion';
import { setQueueAside } from '../../broker/replacement/queueReplacement';
import type { Broker } from '../../broker/api/transport';

const QUEUE = { vhost: 'shop', name: 'orders' };

/** Its lists have the queue, without figures; of the queue itself it knows nothing. */
function brokerWithout(node: string): Broker {
  const answers: Readonly<Record<string, unknown>> = {
    'queues/shop': [{ name: 'orders', vhost: 'shop', type: 'classic', node, state: 'down' }],
    'exchanges/shop': [],
    overview: { rabbitmq_version: '3.10.8' },
  };
  return {
    endpoint: 'http://127.0.0.1:15672',
    username: 'warren',
    request: ({ path }) => {
      const json = answers[path.split('?')[0] ?? ''];
      if (json !== undefined) return Promise.resolve({ status: 200, json, location: undefined });
      return Promise.reject(new BrokerError({ kind: 'notFound', status: 404, message: 'Not Found' }));
    },
    pause: () => Promise.resolve(),
    cancel: () => undefined,
    close: () => Promise.resolve(),
  };
}

it('its deletion is refused, and where it is approved nobody says that it is gone', async () => {
  const removal = removeQueue(brokerWithout('rabbit@gone'), QUEUE, { approvals: NOTHING_APPROVED });
  await expect(removal).rejects.toThrow(/^Refused to delete queue "orders".*Start the node where it is/);
  const approvals = parseApprovals('queue orders@shop');
  const approved = removeQueue(brokerWithout('rabbit@gone'), QUEUE, { approvals });
  await expect(approved).rejects.toThrow(/no node that runs answers for it\. Start the node/);
});

it('it is not recreated: the state would lose it', async () => {
  const recreation = setQueueAside(brokerWithout('rabbit@gone'), QUEUE, { approvals: NOTHING_APPROVED });
  await expect(recreation).rejects.toThrow(/no node that runs answers for it\. Start the node/);
});
