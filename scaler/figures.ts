/** What the broker says of the queues of the fleets: how much is in them, and who consumes. Only read. */
import * as fs from 'node:fs';
import { consumersIn, type Consumer } from '../broker/figures/consumers';
import { isBrokerError } from '../broker/api/errors';
import { totalsOfVhost, type QueueCounts } from '../broker/figures/queueCounts';
import { openBroker, type Broker } from '../broker/api/transport';
import * as vhosts from '../broker/kinds/vhosts';
import { templateFault, templateMatches } from '../topology/patterns/template';
import type { BrokerAccess, Fleet } from './config';
import type { Load } from './replicas';

/** Of one node; a round must not take long. */
const REQUEST_TIMEOUT_MS = 5_000;
const RETRY_BUDGET_MS = 1_000;

export interface VhostFigures {
  readonly queues: readonly QueueCounts[];
  /** Undefined where the broker collects no statistics. */
  readonly consumers: readonly Consumer[] | undefined;
}

/** Why there are none. */
export interface FiguresFault {
  readonly fault: string;
  /** Whether it is the whole broker's, and so the same for every vhost. */
  readonly isBrokers: boolean;
}

export type Figures = VhostFigures | FiguresFault;

/** The figures of each vhost. Never throws: a fault is a part of what was found. */
export interface FiguresReader {
  read(vhosts: readonly string[]): Promise<ReadonlyMap<string, Figures>>;
  /** Ends what is running. */
  cancel(): void;
  close(): Promise<void>;
}

export function openFigures({ usernameFile, passwordFile, ...way }: BrokerAccess): FiguresReader {
  let login = '';
  let broker: Broker | undefined;
  let isCancelled = false;
  /** With whom the files name now: a rotation replaces them. */
  const current = async (): Promise<Broker> => {
    const [username, password] = [usernameFile, passwordFile].map(readLogin);
    if (broker !== undefined && login === `${username ?? ''}\n${password ?? ''}`) return broker;
    await broker?.close();
    login = `${username ?? ''}\n${password ?? ''}`;
    broker = openBroker({
      ...way,
      username: username ?? '',
      password: password ?? '',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      retryBudgetMs: RETRY_BUDGET_MS,
    });
    if (isCancelled) broker.cancel();
    return broker;
  };
  return {
    read: async (names) => {
      const read = async (vhost: string): Promise<readonly [string, Figures]> => {
        try {
          return [vhost, await figuresOf(await opened, vhost)];
        } catch (error) {
          return [vhost, faultOf(error)];
        }
      };
      if (names.length === 0) return new Map();
      const opened = current();
      return new Map(await Promise.all(names.map(read)));
    },
    cancel: () => {
      isCancelled = true;
      broker?.cancel();
    },
    close: async () => {
      await broker?.close();
    },
  };
}

function faultOf(error: unknown): FiguresFault {
  const fault = error instanceof Error ? error.message : String(error);
  const isVhosts = error instanceof NoVhost || isBrokerError(error, 'forbidden', 'notFound', 'refused');
  return { fault, isBrokers: !isVhosts };
}

class NoVhost extends Error {}

function readLogin(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new Error(`The file ${file} can't be read (${code}): correct usernameFile and passwordFile.`);
  }
}

async function figuresOf(broker: Broker, vhost: string): Promise<VhostFigures> {
  const [queues, consumers] = await Promise.all([totalsOfVhost(broker, vhost), consumersIn(broker, vhost)]);
  if (queues.length > 0 || (await vhosts.read(broker, vhost)) !== undefined) return { queues, consumers };
  throw new NoVhost(`There is no vhost "${vhost}" on ${broker.endpoint}: run \`up\`, or correct the vhost.`);
}

/** What is in the fleet's queues, added up; a queue that isn't there holds nothing. Or why nobody knows. */
export function loadOf(fleet: Fleet, { queues }: VhostFigures): Load | { readonly fault: string } {
  const own = queues.filter(({ name }) => isQueueOf(fleet, name));
  const [unknown] = own.filter(({ isUncertain }) => isUncertain);
  if (unknown !== undefined) {
    return { fault: `The broker has no figures of queue "${unknown.name}" in vhost "${fleet.vhost}" now.` };
  }
  return {
    ready: own.reduce((sum, queue) => sum + (queue.ready ?? 0), 0),
    unacknowledged: own.reduce((sum, queue) => sum + queue.unacknowledged, 0),
  };
}

/** By its name, or as one of a family. */
export function isQueueOf({ queues }: Pick<Fleet, 'queues'>, name: string): boolean {
  return queues.some((queue) =>
    templateFault(queue) === undefined ? templateMatches(queue, name) : queue === name,
  );
}
