/** What the management API of each version says to one more copy of a queue. */
import { expect, it } from 'vitest';
import { readNodes } from '../../broker/figures/nodes';
import { addCopy, missingCopies, readQuorumQueues } from '../../broker/figures/quorumCopies';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { brokerOf, scratchOn } from './realBroker';

withBroker('copies of quorum queues', (rig) => {
  const scratch = scratchOn(rig);
  const broker = brokerOf(rig);

  it('are read with what a queue asks for, and one that is there may be asked for again', async () => {
    const vhost = await scratch.vhost();
    const declare = (name: string, args: object): Promise<unknown> =>
      callManagement(rig, 'PUT', `queues/${vhost}/${name}`, {
        durable: true,
        arguments: { 'x-queue-type': 'quorum', ...args },
      });
    await declare('plain', {});
    await declare('wide', { 'x-quorum-initial-group-size': 5 });
    if (rig.version !== '3.10') {
      const policy = { pattern: '^plain$', definition: { 'target-group-size': 7 }, 'apply-to': 'queues' };
      await callManagement(rig, 'PUT', `policies/${vhost}/large`, policy);
    }
    const [node] = await readNodes(broker);
    const name = node?.name ?? '';
    const own = async () => (await readQuorumQueues(broker)).filter((queue) => queue.vhost === vhost);
    const target = rig.version === '3.10' ? {} : { wanted: 7 };
    await expect.poll(own).toEqual([
      { vhost, name: 'plain', members: [name], ...target },
      { vhost, name: 'wide', members: [name], wanted: 5 },
    ]);
    expect(missingCopies(await own(), [name], 3)).toEqual([]);
    const again = addCopy(broker, { vhost, name: 'plain', node: name });
    // Which 3.10 has no way to: `up` tells the command then.
    if (rig.version === '3.10') await expect(again).rejects.toMatchObject({ status: 405 });
    else await again;
  });
});
