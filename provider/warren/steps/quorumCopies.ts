/** `warren.QuorumCopies`: quorum queues get the copies that they lack, on nodes that joined after them. */
import type { StepCall, StepType } from '../../stepType';
import { isBrokerError } from '../../../broker/api/errors';
import { readNodes } from '../../../broker/figures/nodes';
import { addCopy, missingCopies, readQuorumQueues, type Copy } from '../../../broker/figures/quorumCopies';
import type { Broker } from '../../../broker/api/transport';
import { platformWords } from './platformWords';

interface QuorumCopies {
  readonly cluster: string;
  /** `rabbit@host` of each. */
  readonly nodes: readonly string[];
  /** Of queues that don't say how many copies they want. */
  readonly sizeDefault: number;
  /** What queues of the topology ask for: other sizes are looked after anew. */
  readonly sizes: readonly string[];
  /** Kubernetes'; left out on Docker. */
  readonly namespace?: string;
}

const POLL_MS = 500;
/** A copy can't be added while another one of the same queue is being made, or while its leader moves. */
const PATIENCE_MS = 30_000;

export const quorumCopiesStep: StepType<QuorumCopies> = {
  token: 'warren:index:QuorumCopies',
  parse: (inputs) => {
    const namespace = inputs.optionalText('namespace');
    return {
      ...(namespace === undefined ? {} : { namespace }),
      cluster: inputs.text('cluster'),
      nodes: (inputs.list('nodes') ?? []).map(String),
      sizeDefault: inputs.integer('sizeDefault'),
      sizes: (inputs.list('sizes') ?? []).map(String),
    };
  },
  pass: async (call, { cluster, sizeDefault, namespace }) => {
    const { exec } = platformWords(cluster, namespace);
    const broker = await call.session.broker();
    const made: Copy[] = [];
    let lastMadeMs = performance.now();
    for (;;) {
      const missing = await missingOn(broker, sizeDefault);
      if (missing.length === 0) break;
      call.status(`adding ${missing.length} copies of quorum queues`);
      const round = await addOneEach(broker, missing);
      made.push(...round.made);
      if (round.made.length > 0) lastMadeMs = performance.now();
      if (round.fault !== undefined && (round.isHopeless || performance.now() - lastMadeMs > PATIENCE_MS)) {
        await call.warn(inVain(cluster, missing, round.fault, exec));
        break;
      }
      await broker.pause(POLL_MS, 'wait for copies of quorum queues');
    }
    await tell(call, cluster, made);
  },
};

async function missingOn(broker: Broker, sizeDefault: number): Promise<readonly Copy[]> {
  const [nodes, queues] = await Promise.all([readNodes(broker), readQuorumQueues(broker)]);
  const running = nodes.filter(({ isRunning }) => isRunning).map(({ name }) => name);
  return missingCopies(queues, running, sizeDefault);
}

interface Round {
  readonly made: readonly Copy[];
  readonly fault?: string;
  /** Nothing could be added, and this broker has no way to. */
  readonly isHopeless: boolean;
}

/** A queue takes one new member at a time. */
async function addOneEach(broker: Broker, missing: readonly Copy[]): Promise<Round> {
  const made: Copy[] = [];
  const first = new Map(missing.map((copy) => [JSON.stringify([copy.vhost, copy.name]), copy]));
  let fault: string | undefined;
  let isHopeless = true;
  for (const copy of first.values()) {
    try {
      await addCopy(broker, copy);
      made.push(copy);
    } catch (error) {
      if (!isBrokerError(error) || error.kind === 'cancelled') throw error;
      fault = error.message;
      // Older brokers have no such address, and an administrator may have closed it.
      if (error.status !== 404 && error.status !== 405) isHopeless = false;
    }
  }
  return { made, ...(fault === undefined ? {} : { fault }), isHopeless: isHopeless && made.length === 0 };
}

function inVain(cluster: string, missing: readonly Copy[], fault: string, exec: string): string {
  const queues = new Set(missing.map(({ vhost, name }) => `"${name}" in vhost "${vhost}"`));
  const nodes = [...new Set(missing.map(({ node }) => node))];
  const [first = ''] = queues;
  const more = queues.size > 1 ? `, and ${queues.size - 1} more quorum queues` : '';
  return (
    `${cluster}: queue ${first}${more} has fewer copies than it should, and none could be added (${fault}). ` +
    `By hand: ${nodes.map((node) => `${exec} rabbitmq-queues grow ${node} all`).join('; ')}`
  );
}

async function tell({ warn }: StepCall, cluster: string, made: readonly Copy[]): Promise<void> {
  if (made.length === 0) return;
  const nodes = [...new Set(made.map(({ node }) => node))].sort();
  const queues = new Set(made.map(({ vhost, name }) => JSON.stringify([vhost, name])));
  await warn(
    `${cluster}: ${queues.size} quorum ${queues.size === 1 ? 'queue has' : 'queues have'} ${made.length} more ${made.length === 1 ? 'copy' : 'copies'}, on ${nodes.join(', ')}.`,
  );
}
