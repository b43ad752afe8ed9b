/**
 * `warren.RollingGate`: stands before each node of a cluster. The container behind it is replaced only when no queue
 * loses its majority by that; for the next series of RabbitMQ the feature flags are enabled first.
 */
import type { Broker } from '../../../broker/api/transport';
import type { StepType } from '../../stepType';
import { enableFeatureFlags, laggingQueues, readNodes } from '../../../broker/figures/nodes';
import { upgradeObstacle } from '../../../topology/target';
import { platformWords } from './platformWords';
import { waitFor } from './waiting';

interface RollingGate {
  readonly cluster: string;
  /** `rabbit@host` */
  readonly node: string;
  /** RabbitMQ's series. */
  readonly version: string;
  /** What the node's container is made of: another one means that it is replaced. */
  readonly trigger: string;
  readonly timeoutSeconds: number;
  /** Kubernetes'; left out on Docker. */
  readonly namespace?: string;
}

const WITHOUT_BROKER_MS = 30_000;

export const rollingGateStep: StepType<RollingGate> = {
  token: 'warren:index:RollingGate',
  parse: (inputs, before) => {
    const version = inputs.text('version');
    const obstacle =
      typeof before?.version === 'string' && inputs.failures.length === 0
        ? upgradeObstacle(before.version, version)
        : undefined;
    if (obstacle !== undefined) inputs.fail('version', obstacle);
    const namespace = inputs.optionalText('namespace');
    return {
      ...(namespace === undefined ? {} : { namespace }),
      cluster: inputs.text('cluster'),
      node: inputs.text('node'),
      version,
      trigger: inputs.text('trigger'),
      timeoutSeconds: inputs.integer('timeoutSeconds'),
    };
  },
  pass: async (call, gate, before) => {
    if (before === undefined || before.trigger === gate.trigger) return;
    const seen = { isBrokerAway: false };
    await waitFor(call, {
      goal: `the moment to restart ${gate.node}`,
      timeoutSeconds: gate.timeoutSeconds,
      wayOut: `Repair that first (e.g. ${platformWords(gate.cluster, gate.namespace).logs} shows what a node says).`,
      look: async (broker) => {
        const obstacle = await obstacleTo(broker, gate);
        if (obstacle === undefined && before.version !== gate.version) await prepareUpgrade(call, broker);
        return obstacle;
      },
      isOver: (ms) => (seen.isBrokerAway = ms > WITHOUT_BROKER_MS),
    });
    if (seen.isBrokerAway) {
      await call.warn(
        `The broker ${call.session.endpoint} doesn't answer: ${gate.node} is restarted without asking it.`,
      );
    }
  },
};

/** Undefined where the node may be stopped: it doesn't run, or nothing depends on it alone. */
async function obstacleTo(broker: Broker, { node }: RollingGate): Promise<string | undefined> {
  const nodes = await readNodes(broker);
  if (nodes.find(({ name }) => name === node)?.isRunning !== true || nodes.length === 1) return undefined;
  const down = nodes.filter(({ isRunning }) => !isRunning).map(({ name }) => name);
  if (down.length > 0) return `${down.join(', ')} doesn't run`;
  const parted = nodes.find(({ partitions }) => partitions.length > 0);
  if (parted !== undefined)
    return `${parted.name} lost sight of ${parted.partitions.join(', ')} (network partition)`;
  const lagging = await laggingQueues(broker);
  const [first] = lagging;
  if (first === undefined) return undefined;
  const more = lagging.length > 1 ? `, and ${lagging.length - 1} more` : '';
  return `queue "${first.name}" in vhost "${first.vhost}" has ${first.online.length} of ${first.members.length} copies online${more}`;
}

async function prepareUpgrade(
  { warn }: { readonly warn: (message: string) => Promise<void> },
  broker: Broker,
): Promise<void> {
  const enabled = await enableFeatureFlags(broker);
  if (enabled.length > 0) {
    await warn(
      `Enabled the feature flags ${enabled.join(', ')}, without which the next series doesn't boot.`,
    );
  }
}
