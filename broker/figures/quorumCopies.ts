/** Copies of quorum queues: RabbitMQ makes none by itself on a node that joins its cluster. */
import { count, field, records, text, textList } from '../api/json';
import * as policies from '../kinds/policies';
import { readEffectivePolicy } from '../kinds/queues';
import { LIST_TIMEOUT_MS, path, type Broker } from '../api/transport';

const TARGET_KEY = 'target-group-size';

export interface QuorumQueue {
  readonly vhost: string;
  readonly name: string;
  /** Nodes that have a copy. */
  readonly members: readonly string[];
  /** How many copies it asks for by itself or by a policy; undefined where it leaves that to the broker. */
  readonly wanted?: number;
}

export interface Copy {
  readonly vhost: string;
  readonly name: string;
  readonly node: string;
}

export async function readQuorumQueues(broker: Broker): Promise<readonly QuorumQueue[]> {
  const { json } = await broker.request({
    method: 'GET',
    path: 'queues?disable_stats=true',
    action: 'list the queues with their members',
    timeoutMs: LIST_TIMEOUT_MS,
  });
  const quorum = records(json).filter((queue) => text(queue, 'type') === 'quorum');
  // From 4.1 on the list tells the policies; before, each queue is asked, where there is something to be told.
  const isUntold = quorum.some((queue) => field(queue, 'effective_policy_definition') === undefined);
  const asked = new Set(isUntold ? await vhostsWithTargets(broker, quorum) : []);
  const found: QuorumQueue[] = [];
  for (const queue of quorum) {
    const [vhost, name] = [text(queue, 'vhost'), text(queue, 'name')];
    const policy = asked.has(vhost)
      ? await readEffectivePolicy(broker, vhost, name)
      : field(queue, 'effective_policy_definition');
    const wanted = wantedBy(field(queue, 'arguments'), policy);
    const members = textList(field(queue, 'members'));
    found.push({ vhost, name, members, ...(wanted === undefined ? {} : { wanted }) });
  }
  return found;
}

async function vhostsWithTargets(broker: Broker, queues: readonly unknown[]): Promise<readonly string[]> {
  const vhosts = [...new Set(queues.map((queue) => text(queue, 'vhost')))];
  const lists = vhosts.flatMap((vhost) => [
    policies.list(broker, 'policy', vhost),
    policies.list(broker, 'operatorPolicy', vhost),
  ]);
  const all = (await Promise.all(lists)).flat();
  return all.filter(({ definition }) => definition[TARGET_KEY] !== undefined).map(({ vhost }) => vhost);
}

/** The target, which may be raised later, counts before what the queue began with. */
function wantedBy(own: unknown, policy: unknown): number | undefined {
  const targets = [count(own, `x-quorum-${TARGET_KEY}`), count(policy, TARGET_KEY)].filter(
    (size) => size !== undefined,
  );
  return targets.length > 0 ? Math.max(...targets) : count(own, 'x-quorum-initial-group-size');
}

/** The copies that are missing, each on the node that has the fewest. */
export function missingCopies(
  queues: readonly QuorumQueue[],
  nodes: readonly string[],
  sizeDefault: number,
): readonly Copy[] {
  const load = new Map(nodes.map((node) => [node, 0]));
  for (const node of queues.flatMap(({ members }) => members)) load.set(node, (load.get(node) ?? 0) + 1);
  return queues.flatMap(({ vhost, name, members, wanted = sizeDefault }) => {
    const missing = Math.min(wanted, nodes.length) - members.length;
    const chosen = nodes
      .filter((node) => !members.includes(node))
      .sort((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0))
      .slice(0, Math.max(0, missing));
    for (const node of chosen) load.set(node, (load.get(node) ?? 0) + 1);
    return chosen.map((node) => ({ vhost, name, node }));
  });
}

/** RabbitMQ copies the messages afterwards. A copy that is there already is fine. */
export async function addCopy(broker: Broker, { vhost, name, node }: Copy): Promise<void> {
  await broker.request({
    method: 'POST',
    path: `queues/quorum/${path(vhost, name)}/replicas/add`,
    body: { node },
    action: `add a copy of queue "${name}" in vhost "${vhost}" on ${node}`,
    repeatable: true,
    timeoutMs: LIST_TIMEOUT_MS,
  });
}
