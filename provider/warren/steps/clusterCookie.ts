/**
 * `warren.ClusterCookie`: another Erlang cookie for a cluster that runs. Nodes with different cookies refuse one another,
 * so before the first container is replaced every node that runs gets the new one, in its memory and in its file.
 * Connections that are there stay as they are. Run again after any end, it comes to the same.
 */
import { AddressError, engineAddress } from '../../../dockerApi/address';
import { isEngineError } from '../../../dockerApi/errors';
import { openEngine, type Engine } from '../../../dockerApi/transport';
import { readNodes } from '../../../broker/figures/nodes';
import { isBrokerError } from '../../../broker/api/errors';
import type { StepCall, StepType } from '../../stepType';
import { UserError } from '../../userError';
import { findNodes, giveCookie, hasCookie, type NodeContainer } from './nodeCookies';

export interface ClusterCookie {
  readonly cluster: string;
  readonly owner: string;
  /** Of the nodes. */
  readonly hosts: readonly string[];
  /** Secret. */
  readonly cookie: string;
  readonly dockerHost?: string;
  readonly timeoutSeconds: number;
}

const POLL_MS = 1_000;

export const clusterCookieStep: StepType<ClusterCookie> = {
  token: 'warren:index:ClusterCookie',
  parse: (inputs) => {
    const dockerHost = inputs.optionalText('dockerHost');
    return {
      cluster: inputs.text('cluster'),
      owner: inputs.text('owner'),
      hosts: (inputs.list('hosts') ?? []).map(String),
      cookie: inputs.text('cookie'),
      ...(dockerHost === undefined ? {} : { dockerHost }),
      timeoutSeconds: inputs.integer('timeoutSeconds'),
    };
  },
  // Somebody may have replaced a single container, or have written into a volume.
  isDue: async (_call, passed) => {
    try {
      const nodes = await findNodes(engineOf(passed), passed);
      return (await Promise.all(nodes.map((node) => hasCookie(node, passed.cookie)))).includes(false);
    } catch (error) {
      if (isEngineError(error)) return false;
      throw error;
    }
  },
  pass: async (call, step) => {
    try {
      const engine = engineOf(step);
      await untilDone(call, step, async () => {
        const nodes = await findNodes(engine, step);
        return nodes.length === 0 ? undefined : spread(call, step, nodes);
      });
    } catch (error) {
      if (isEngineError(error)) throw new UserError(error.message);
      throw error;
    }
  },
  foresee: async ({ warn }, step, before) => {
    if (before.cookie === step.cookie) return;
    await warn(
      `${step.cluster} gets another Erlang cookie: first all nodes at once, as they run; then their containers are replaced one after the other.`,
    );
  },
};

function engineOf({ cluster, dockerHost }: ClusterCookie): Engine {
  try {
    return openEngine(engineAddress(dockerHost === undefined ? {} : { host: dockerHost }, process.env));
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw new UserError(
      `The nodes of ${cluster} can't be asked for their Erlang cookie: Docker's ${error.setting}: ${error.message}.`,
    );
  }
}

/** @returns what is in the way just now, as a sentence without its full stop */
async function spread(
  { session }: StepCall,
  { cookie }: ClusterCookie,
  nodes: readonly NodeContainer[],
): Promise<string | undefined> {
  const have = await Promise.all(nodes.map((node) => hasCookie(node, cookie)));
  if (!have.includes(false)) return undefined;
  const isBegun = have.includes(true);
  // Half of it done is the worst place to wait for anything else.
  const obstacle = isBegun ? undefined : await obstacleIn(session, nodes);
  if (obstacle !== undefined) return obstacle;
  const missing = await Promise.all(nodes.map((node) => giveCookie(node, cookie)));
  return missing.find((one) => one !== undefined);
}

/** A node that is away would come back with the cookie that it had. */
async function obstacleIn(
  session: StepCall['session'],
  nodes: readonly NodeContainer[],
): Promise<string | undefined> {
  const down = nodes.filter(({ isRunning }) => !isRunning).map(({ name }) => name);
  if (down.length > 0) return `${down.join(', ')} doesn't run`;
  if (nodes.length === 1) return undefined;
  try {
    const known = await readNodes(await session.logIn());
    const away = known.filter(({ isRunning }) => !isRunning).map(({ name }) => name);
    if (away.length > 0) return `${away.join(', ')} isn't in the cluster just now`;
    const parted = known.find(({ partitions }) => partitions.length > 0);
    return parted && `${parted.name} lost sight of ${parted.partitions.join(', ')} (network partition)`;
  } catch (error) {
    if (isBrokerError(error) && error.kind !== 'cancelled') return error.message;
    throw error;
  }
}

async function untilDone(
  { status }: StepCall,
  { cluster, timeoutSeconds }: ClusterCookie,
  attempt: () => Promise<string | undefined>,
): Promise<void> {
  const endMs = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    const missing = await attempt();
    if (missing === undefined) return;
    if (performance.now() > endMs) {
      throw new UserError(
        `The nodes of ${cluster} can't get another Erlang cookie now: ${missing}. It needs all of them: one that is away would come back with the old cookie, and be refused by the others. Bring it back first (docker start, docker logs), and run this again: it goes on where it stopped.`,
      );
    }
    status(`waiting to give the nodes another Erlang cookie: ${missing}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
