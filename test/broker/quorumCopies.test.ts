import { describe, expect, it } from 'vitest';
import { missingCopies, type QuorumQueue } from '../../broker/figures/quorumCopies';
import { groupSizeDefault, groupSizes } from '../../platform/copies';
import { load } from '../../topology/index';

const NODES = ['a', 'b', 'c', 'd', 'e'];

function queue(name: string, members: readonly string[], wanted?: number): QuorumQueue {
  return { vhost: '/', name, members, ...(wanted === undefined ? {} : { wanted }) };
}

describe('copies that a quorum queue lacks', () => {
  it('are up to what it asks for, else to the default, and never more than there are nodes', () => {
    const missing = (one: QuorumQueue, nodes = NODES): number => missingCopies([one], nodes, 3).length;
    expect(missing(queue('full', ['a', 'b', 'c']))).toBe(0);
    expect(missing(queue('lone', ['a']))).toBe(2);
    expect(missing(queue('lone', ['a']), ['a', 'b'])).toBe(1);
    expect(missing(queue('five', ['a', 'b', 'c'], 5))).toBe(2);
    expect(missing(queue('one', ['a'], 1))).toBe(0);
    expect(missing(queue('many', NODES, 3))).toBe(0);
  });

  it('go where the fewest are', () => {
    const queues = ['1', '2', '3', '4'].map((name) => queue(name, ['a']));
    const copies = missingCopies(queues, ['a', 'b', 'c', 'd', 'e'], 2);
    expect(copies.map(({ node }) => node).sort()).toEqual(['b', 'c', 'd', 'e']);
  });
});

it('the topology says how many, in words that change with it', () => {
  const { objects, topology } = load(
    `
warren: 1
broker: { nodes: 5, conf: { quorum_queue.initial_cluster_size: 5 } }
vhosts:
  shop:
    queues:
      orders: { type: quorum, targetGroupSize: 5 }
      own: { declaredWith: { x-queue-type: quorum, x-quorum-target-group-size: 4 } }
      plain: { type: quorum }
`,
    'test.yaml',
  );
  expect(groupSizes(objects ?? [])).toEqual([
    expect.stringMatching(/^policy .*@shop: 5$/),
    'queue own@shop: 4',
  ]);
  expect(topology && groupSizeDefault(topology)).toBe(5);
  expect(groupSizeDefault({})).toBe(3);
});
