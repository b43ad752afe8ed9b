/** `warren.ClusterReady`: all nodes run, and are one cluster, before anything is declared on it. */
import type { StepType } from '../../stepType';
import { readNodes, type BrokerNode } from '../../../broker/figures/nodes';
import { platformWords, type PlatformWords } from './platformWords';
import { waitFor } from './waiting';

interface ClusterReady {
  readonly cluster: string;
  /** `rabbit@host` of each. */
  readonly nodes: readonly string[];
  /** Of the containers that they run in: others are waited for anew. */
  readonly containers: readonly string[];
  readonly timeoutSeconds: number;
  /** Kubernetes'; left out on Docker. */
  readonly namespace?: string;
}

export const clusterReadyStep: StepType<ClusterReady> = {
  token: 'warren:index:ClusterReady',
  parse: (inputs, before) => {
    const nodes = (inputs.list('nodes') ?? []).map(String);
    const removed = Array.isArray(before?.nodes)
      ? before.nodes.filter((node) => !nodes.includes(String(node)))
      : [];
    if (removed.length > 0) {
      inputs.fail(
        'nodes',
        `taking ${removed.join(', ')} out of the cluster would take its copies of queues with it, which isn't supported: keep the nodes, or move to a smaller cluster in a stack of its own (shovels or federation bring the messages over)`,
      );
    }
    const namespace = inputs.optionalText('namespace');
    return {
      ...(namespace === undefined ? {} : { namespace }),
      cluster: inputs.text('cluster'),
      nodes,
      containers: (inputs.list('containers') ?? []).map(String),
      timeoutSeconds: inputs.integer('timeoutSeconds'),
    };
  },
  look: async ({ session, warn }, { cluster, nodes, namespace }) => {
    const known = await readNodes(await session.logIn());
    const words = platformWords(cluster, namespace);
    for (const trouble of troublesOf(known, nodes, words)) await warn(`${cluster}: ${trouble}`);
  },
  pass: async (call, { cluster, nodes, timeoutSeconds, namespace }) => {
    await waitFor(call, {
      goal: `the ${nodes.length === 1 ? 'node' : `${nodes.length} nodes`} of ${cluster}`,
      timeoutSeconds,
      wayOut: `Look into the nodes' logs, e.g. ${platformWords(cluster, namespace).logs}.`,
      look: async (broker) => {
        const running = (await readNodes(broker))
          .filter(({ isRunning }) => isRunning)
          .map(({ name }) => name);
        const missing = nodes.filter((node) => !running.includes(node));
        return missing.length === 0 ? undefined : `${missing.join(', ')} isn't in the cluster yet`;
      },
    });
  },
};

/** What is wrong with a cluster just now, in words. */
export function troublesOf(
  known: readonly BrokerNode[],
  expected: readonly string[],
  words: Pick<PlatformWords, 'restarts' | 'memorySetting'>,
): readonly string[] {
  const down = expected.filter((name) => known.find((node) => node.name === name)?.isRunning !== true);
  const named = (has: (node: BrokerNode) => boolean): string =>
    known
      .filter(has)
      .map(({ name }) => name)
      .join(', ');
  const memory = named(({ hasMemoryAlarm }) => hasMemoryAlarm);
  const disk = named(({ hasDiskAlarm }) => hasDiskAlarm);
  const parted = known.filter(({ partitions }) => partitions.length > 0);
  return [
    ...(down.length === 0
      ? []
      : [`${down.join(', ')} ${down.length === 1 ? "doesn't" : "don't"} run. ${words.restarts}`]),
    ...(memory === ''
      ? []
      : [
          `memory alarm on ${memory}: publishers are blocked on all nodes until messages are consumed, or the node gets more memory (${words.memorySetting}, broker.memoryHighWatermark).`,
        ]),
    ...(disk === ''
      ? []
      : [
          `disk alarm on ${disk}: publishers are blocked on all nodes until there is more free space than broker.diskFreeLimit says.`,
        ]),
    ...parted.map(
      ({ name, partitions }) =>
        `network partition: ${name} lost sight of ${partitions.join(', ')} while both went on. Restart the side that may lose what it took meanwhile.`,
    ),
  ];
}
