import { expect, it } from 'vitest';
import type { BrokerNode } from '../../broker/figures/nodes';
import { troublesOf } from '../../provider/warren/steps/clusterReady';
import { platformWords } from '../../provider/warren/steps/platformWords';

const NODES = ['rabbit@a', 'rabbit@b', 'rabbit@c'];

function node(name: string, changes: Partial<BrokerNode> = {}): BrokerNode {
  return { name, isRunning: true, hasMemoryAlarm: false, hasDiskAlarm: false, partitions: [], ...changes };
}

it('a cluster that is well has no troubles', () => {
  expect(
    troublesOf(
      NODES.map((name) => node(name)),
      NODES,
      platformWords('shop', undefined),
    ),
  ).toEqual([]);
});

it('nodes that are down, or not known at all, alarms and partitions are told with the way out', () => {
  const troubles = troublesOf(
    [
      node('rabbit@a', { hasMemoryAlarm: true, partitions: ['rabbit@c'] }),
      node('rabbit@b', { isRunning: false, hasDiskAlarm: true }),
    ],
    NODES,
    platformWords('shop', 'shop-production'),
  );
  expect(troubles).toEqual([
    expect.stringMatching(
      /^rabbit@b, rabbit@c don't run\. Kubernetes starts .* --namespace shop-production /,
    ),
    expect.stringMatching(/^memory alarm on rabbit@a: publishers are blocked.*kubernetes\.cluster\.memory/),
    expect.stringMatching(/^disk alarm on rabbit@b: publishers are blocked/),
    expect.stringMatching(/^network partition: rabbit@a lost sight of rabbit@c/),
  ]);
});
