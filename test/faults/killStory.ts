/**
 * The life of a small stack on a broker of its own, told in steps: first `up`, an update, a queue that is recreated, a
 * rotation, `destroy`. Each step can be told undisturbed, to see what it leaves behind, or be killed at moments and run
 * again.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { brokerUsername, derivePassword } from '../../stacks/credentials';
import { waitFor } from '../../tools/processes';
import { canonicalJson } from '../../topology/objects';
import { allowRigUser, resetBroker, type TestBroker } from '../rigs/brokers';
import { callManagement, canLogIn } from '../rigs/management';
import { PulumiWorkspace, TEST_SEED } from '../rigs/pulumi';
import { AmqpClient } from '../systems/amqpClient';
import { InterceptingProxy } from './interceptingProxy';

export const VHOST = 'shop';
const STACK = 'test';
const APP = 'app';
const ADMIN = 'warren-admin';

/** A classic and a quorum queue: only one of them can be deleted with if-empty. */
export const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  orders: ['order 1', 'order 2', 'order 3'],
  ledger: ['entry 1', 'entry 2'],
};

interface Version {
  /** Of the queue `orders`: the other type is another queue, into which its messages are moved. */
  readonly type: 'classic' | 'quorum';
  readonly ttl: string;
  readonly maxLength: number;
  readonly queues: string;
  readonly permissions: string;
}

const FIRST: Version = {
  type: 'classic',
  ttl: '1d',
  maxLength: 1000,
  queues: 'leaving: { bindings: [{ exchange: events, routingKey: leaving }] }',
  permissions: "{ configure: '.*', write: '.*', read: '.*' }",
};
const SECOND: Version = {
  type: 'classic',
  ttl: '2d',
  maxLength: 500,
  queues: 'coming: { ttl: 10m, bindings: [{ exchange: events, routingKey: coming }] }',
  permissions: "{ configure: '^$', write: '^events$', read: '^orders$' }",
};

const THIRD: Version = { ...SECOND, type: 'quorum' };

const topology = ({ type, ttl, maxLength, queues, permissions }: Version): string => `warren: 1
vhosts:
  ${VHOST}:
    limits: { maxConnections: 100 }
    exchanges:
      events: { type: topic }
    queues:
      orders: { type: ${type}, ttl: ${ttl}, deadLetter: { queue: failed }, bindings: [{ exchange: events, routingKey: order.# }] }
      ledger: { type: quorum }
      failed: { type: classic }
      ${queues}
    policies:
      few: { pattern: '^failed$', applyTo: queues, definition: { max-length: ${maxLength} } }
users:
  ${APP}:
    tags: [monitoring]
    permissions:
      ${VHOST}: ${permissions}
`;

export interface Step {
  readonly name: string;
  readonly command: 'up' | 'destroy';
  readonly topology: Version;
  readonly generations: readonly number[];
  readonly granularity: 'object' | 'vhost';
  /** Waits for the broker by asking again: how many requests that are, depends on the machine. */
  readonly isWaiting?: true;
  /** The step whose undisturbed run leaves behind what this one must. */
  readonly leaves?: Step;
}

const AT_FIRST = { command: 'up', topology: FIRST, generations: [1], granularity: 'object' } as const;
const UPDATED = { ...AT_FIRST, topology: SECOND } as const;
const RECREATED = { ...UPDATED, topology: THIRD } as const;
const AT_LAST = { ...RECREATED, generations: [2] } as const;

export const FIRST_UP: Step = { ...AT_FIRST, name: 'first up' };
const UPDATE: Step = { ...UPDATED, name: 'update' };
const RECREATION: Step = { ...RECREATED, name: 'queue of another type', isWaiting: true };
const ROTATED: Step = { ...AT_LAST, name: 'old generations go' };
/** Messages wait in the queues: nothing may take them away, a `destroy` neither. */
export const REFUSED: Step = {
  ...AT_LAST,
  name: 'destroy with messages',
  command: 'destroy',
  leaves: ROTATED,
};
export const DESTROY: Step = { ...AT_LAST, name: 'destroy', command: 'destroy' };

/** The life of a stack with a resource per object. */
export const LIFE: readonly Step[] = [
  FIRST_UP,
  UPDATE,
  RECREATION,
  { ...RECREATED, name: 'new generations', generations: [1, 2] },
  ROTATED,
  DESTROY,
];

/** One that is switched to a resource per vhost and, with the rotation, back again. */
export const SWITCHED_LIFE: readonly Step[] = [
  FIRST_UP,
  { ...AT_FIRST, name: 'switch to one resource per vhost', granularity: 'vhost', leaves: FIRST_UP },
  { ...UPDATED, name: 'update of one resource per vhost', granularity: 'vhost', leaves: UPDATE },
  { ...RECREATION, name: 'queue of another type in one resource', granularity: 'vhost', leaves: RECREATION },
  { ...AT_LAST, name: 'switch back and rotation', leaves: ROTATED },
  REFUSED,
  DESTROY,
];

/**
 * What a step leaves behind, as far as it is the same each time: no salts, no orders of lists, and no permissions of
 * the test's user and of administrators, who give themselves those that they need.
 */
export type Trace = Readonly<Record<string, unknown>>;

export class KillStory {
  readonly workspace = new PulumiWorkspace({ stack: STACK });
  /** How often a run was killed so far. */
  kills = 0;
  readonly #topologyFile = path.join(this.workspace.folder, 'topology.yaml');

  private constructor(
    readonly broker: TestBroker,
    readonly proxy: InterceptingProxy,
  ) {}

  /** A virgin broker and a stack that has not been up yet. */
  static async begin(broker: TestBroker): Promise<KillStory> {
    await resetBroker(broker);
    const story = new KillStory(broker, await InterceptingProxy.start(broker.managementPort));
    await story.workspace.initWithSeed({
      topology: story.#topologyFile,
      target: broker.version,
      endpoint: `http://127.0.0.1:${story.proxy.port}`,
    });
    return story;
  }

  /** Writes down what the step shall bring about. */
  prepare({ topology: version, generations, granularity }: Step): void {
    fs.writeFileSync(this.#topologyFile, topology(version));
    this.workspace.setConfig({
      granularity,
      generations: { [APP]: [...generations], [ADMIN]: [...generations] },
    });
  }

  async trace(): Promise<Trace> {
    const found = await callManagement<Record<string, unknown>>(this.broker, 'GET', 'definitions');
    const isLeftOut = (user: string): boolean => user === this.broker.username || user.startsWith(ADMIN);
    const parts = Object.entries(found).map(([name, part]) => [name, ordered(part, isLeftOut)]);
    return Object.fromEntries(parts) as Trace;
  }

  /** Who can't log in though the step wants it: the administrator and the user of the topology; and guest, if it can. */
  async lockedOut({ command, generations }: Step): Promise<string[]> {
    const { managementPort } = this.broker;
    const wrong: string[] = [];
    for (const user of command === 'destroy' ? [ADMIN] : [ADMIN, APP]) {
      for (const generation of generations) {
        const username = brokerUsername(user, generation);
        const password = derivePassword(TEST_SEED, { project: 'warren', stack: STACK, user, generation });
        if (!(await canLogIn({ managementPort, username, password }))) wrong.push(`${username} can't log in`);
      }
    }
    const guest = await canLogIn({ managementPort, username: 'guest', password: 'guest' });
    return guest ? [...wrong, 'guest can log in'] : wrong;
  }

  async publishMessages(): Promise<void> {
    await allowRigUser(this.broker, VHOST);
    await this.#asClient(async (client) => {
      for (const [queue, bodies] of Object.entries(MESSAGES)) {
        for (const body of bodies) await client.publishToQueue(queue, body);
      }
    });
  }

  /** Ready messages by queue. Throws where a queue is gone. */
  async depths(): Promise<Record<string, number>> {
    return this.#asClient(async (client) => {
      const entries: [string, number][] = [];
      for (const queue of Object.keys(MESSAGES)) entries.push([queue, await client.depth(queue)]);
      return Object.fromEntries(entries);
    });
  }

  /**
   * The bodies by queue. The client stays until the management API, whose counts lag, knows that they are gone: one
   * that leaves at once may leave before its last acknowledgement has come to a quorum queue.
   */
  async takeMessages(): Promise<Record<string, string[]>> {
    return this.#asClient(async (client) => {
      const entries: [string, string[]][] = [];
      for (const [queue, bodies] of Object.entries(MESSAGES)) {
        entries.push([queue, await client.takeBodies(queue, bodies.length)]);
      }
      const isKnown = await waitFor(async () => {
        const counts = await callManagement<{ messages?: number }[]>(this.broker, 'GET', `queues/${VHOST}`);
        return counts.every(({ messages }) => messages === 0) ? true : undefined;
      }, 60_000);
      if (isKnown === undefined) throw new Error('messages that were taken are still in their queues');
      return Object.fromEntries(entries);
    });
  }

  async end(): Promise<void> {
    await this.proxy.stop();
    this.workspace.dispose();
  }

  async #asClient<T>(action: (client: AmqpClient) => Promise<T>): Promise<T> {
    const client = await AmqpClient.open({ ...this.broker, vhost: VHOST });
    try {
      return await action(client);
    } finally {
      await client.close();
    }
  }
}

function ordered(part: unknown, isLeftOut: (user: string) => boolean): unknown {
  if (!Array.isArray(part)) return part;
  return part
    .filter(({ user }: { readonly user?: string }) => user === undefined || !isLeftOut(user))
    .map((object: Readonly<Record<string, unknown>>) => canonicalJson({ ...object, password_hash: null }))
    .sort();
}
