/**
 * A diff is never too mild: on real brokers with messages in the queues, consumers on them and users connected, whatever
 * lost something by a random change had been classed so.
 */
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { isAtLeastAsBad } from '../../topology/diff/model';
import type { Change, ChangeClass, TopologyDiff } from '../../topology/diff/model';
import { effectiveQueue, indexSide } from '../../topology/diff/sideIndex';
import type { ObjectOfKind } from '../../topology/objects';
import { allowRigUser, withBrokersAtOnce, type TestBroker } from '../rigs/brokers';
import { seedOfRun } from '../topology/mutate';
import { passwordOf } from './applied';
import { carryOut, diffOfPair, makeBase, pairsOn, sampleRiskyPairs, type Pair } from './diffPairs';

const PAIRS = Number(process.env.WARREN_DIFF_PAIRS ?? 8);
const MESSAGES = 4;
const SETTLE_MS = 20_000;
const PATIENT_SETTLE_MS = 120_000;

withBrokersAtOnce('what a diff says of a change', (rig) => {
  const { broker, each } = pairsOn(rig);

  it('is never too mild', { timeout: 1_800_000 }, async () => {
    const seed = seedOfRun();
    const pairs = sampleRiskyPairs(rig.version, PAIRS, seed);
    const found = (await each(pairs, observe)).flat();
    const tooMild = found.filter(({ isCovered }) => !isCovered);
    expect(
      tooMild.map(({ text }) => text),
      `seed ${seed}`,
    ).toEqual([]);
    // Else there was nothing to be seen.
    expect(found.length, `seed ${seed}`).toBeGreaterThan(0);
  });

  async function observe(pair: Pair): Promise<Finding[]> {
    await makeBase(broker, pair);
    const witnesses = await Promise.all(vhostsOf(pair).map((vhost) => Witness.open(rig, pair, vhost)));
    const diff = diffOfPair(pair);
    await carryOut(broker, pair).catch((error: unknown) => {
      throw new Error(pair.texts.join('\n---\n'), { cause: error });
    });
    const found = await Promise.all(
      witnesses.map(async (witness) => {
        const losses = await witness.losses();
        return Promise.all(losses.map((loss) => judged(pair, diff, loss, witness)));
      }),
    );
    await Promise.all(witnesses.map((witness) => witness.close()));
    return found.flat();
  }
});

async function judged(pair: Pair, diff: TopologyDiff, loss: Loss, witness: Witness): Promise<Finding> {
  return {
    // Where nothing was said of it, it is worth a longer look.
    isCovered: isCovered(diff, loss) || (await witness.hasBack(loss)),
    text: `${loss.what} of ${loss.kind} ${loss.name} in ${loss.vhost}, classed ${diff.summary.worst}\n${pair.texts.join('\n---\n')}`,
  };
}

interface Finding {
  readonly isCovered: boolean;
  readonly text: string;
}

interface Loss {
  readonly what: string;
  readonly kind: 'queue' | 'user';
  readonly vhost: string;
  readonly name: string;
  readonly class: ChangeClass;
}

/** Whether some change that is about the very object is classed at least so. */
function isCovered(diff: TopologyDiff, loss: Loss): boolean {
  const isBadEnough = (its: ChangeClass): boolean => isAtLeastAsBad(its, loss.class);
  const ids = [`${loss.kind} ${loss.name}`, `${loss.kind} ${loss.name}@${loss.vhost}`, `vhost ${loss.vhost}`];
  const isAbout = (change: Change): boolean =>
    ids.includes(change.id) || (change.change === 'renamed' && ids.includes(change.from));
  return diff.changes.some(
    (change) =>
      (isAbout(change) && isBadEnough(change.class)) ||
      change.effects.some(
        ({ subject, class: its }) =>
          isBadEnough(its) &&
          subject.kind === loss.kind &&
          subject.name === loss.name &&
          subject.vhost === loss.vhost,
      ),
  );
}

function vhostsOf({ base }: Pair): string[] {
  return base.objects.flatMap((object) => (object.kind === 'vhost' ? [object.name] : []));
}

/** Messages in queues that keep them, consumers on others, and a connection of each user. */
class Witness {
  readonly #full = new Map<string, number>();
  readonly #cancelled = new Map<string, boolean>();
  readonly #closed = new Map<string, boolean>();
  readonly #connections: ChannelModel[] = [];

  private constructor(
    private readonly rig: TestBroker,
    private readonly vhost: string,
  ) {}

  static async open(rig: TestBroker, pair: Pair, vhost: string): Promise<Witness> {
    const witness = new Witness(rig, vhost);
    await allowRigUser(rig, vhost);
    const limited = vhostLimit(pair, vhost);
    if (limited) return witness;
    const queues = patientQueues(pair, vhost);
    for (const [index, { name }] of queues.entries()) {
      await (index % 2 === 0 ? witness.fill(name) : witness.consume(name));
    }
    for (const user of usersIn(pair, vhost)) await witness.logIn(user);
    return witness;
  }

  /** Taken by the queue itself: what another one dead-letters must not be mistaken for it. */
  private async fill(queue: string): Promise<void> {
    const channel = await this.channel();
    for (let count = 0; count < MESSAGES; count += 1)
      channel.sendToQueue(queue, Buffer.from('x'), { persistent: true });
    const depth = await waitFor(async () => {
      const now = await this.depth(queue);
      return now === MESSAGES ? now : undefined;
    }, 5_000);
    if (depth !== undefined) this.#full.set(queue, depth);
  }

  private async consume(queue: string): Promise<void> {
    const channel = await this.channel();
    await channel.prefetch(1);
    this.#cancelled.set(queue, false);
    const onMessage = (message: unknown): void => {
      if (message === null) this.#cancelled.set(queue, true);
    };
    channel.on('close', () => this.#cancelled.set(queue, true));
    try {
      await channel.consume(queue, onMessage);
    } catch {
      this.#cancelled.delete(queue);
    }
  }

  private async logIn(user: string): Promise<void> {
    try {
      const connection = await this.connect(user, passwordOf(user));
      this.#closed.set(user, false);
      connection.on('close', () => this.#closed.set(user, true));
    } catch {
      // Who may not enter is cut off from nothing.
    }
  }

  async losses(): Promise<Loss[]> {
    const losses: Loss[] = [];
    await Promise.all(
      [...this.#full].map(async ([queue, before]) => {
        const after = await this.settled(queue, before);
        const what = `${before - Math.max(0, after)} of ${before} messages`;
        if (after < before) losses.push(this.loss('queue', queue, what, 'destructive'));
      }),
    );
    for (const [queue, isCancelled] of this.#cancelled) {
      if (isCancelled) losses.push(this.loss('queue', queue, 'the consumer', 'disruptive'));
    }
    for (const [user, isClosed] of this.#closed) {
      if (isClosed) losses.push(this.loss('user', user, 'the connection', 'disruptive'));
    }
    return losses;
  }

  async hasBack({ kind, name }: Loss): Promise<boolean> {
    const before = kind === 'queue' ? this.#full.get(name) : undefined;
    return before !== undefined && (await this.settled(name, before, PATIENT_SETTLE_MS)) >= before;
  }

  /** What moves or expires takes a moment; a loss stays. */
  private async settled(queue: string, before: number, withinMs = SETTLE_MS): Promise<number> {
    const full = await waitFor(
      async () => ((await this.depth(queue)) >= before ? before : undefined),
      withinMs,
      500,
    );
    return full ?? (await this.depth(queue));
  }

  private loss(kind: Loss['kind'], name: string, what: string, its: ChangeClass): Loss {
    return { kind, name, what, vhost: this.vhost, class: its };
  }

  /** -1 where there is no such queue. */
  private async depth(queue: string): Promise<number> {
    try {
      const channel = await this.channel();
      const { messageCount } = await channel.checkQueue(queue);
      await channel.close();
      return messageCount;
    } catch {
      return -1;
    }
  }

  private async channel(): Promise<Channel> {
    const connection = this.#connections[0] ?? (await this.connect(this.rig.username, this.rig.password));
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    return channel;
  }

  private async connect(username: string, password: string): Promise<ChannelModel> {
    const { amqpPort } = this.rig;
    const login = {
      protocol: 'amqp',
      hostname: '127.0.0.1',
      port: amqpPort,
      username,
      password,
      vhost: this.vhost,
    };
    const connection = await connect(login);
    connection.on('error', () => undefined);
    this.#connections.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close().catch(() => undefined)));
  }
}

/** Whether nobody can be connected to it: then there is nothing to be seen. */
function vhostLimit({ base }: Pair, vhost: string): boolean {
  return base.objects.some(
    (object) =>
      object.kind === 'vhostLimits' && object.vhost === vhost && object.maxConnections !== undefined,
  );
}

const PATIENCE_MS = 600_000;

/** Queues that keep a few messages for longer than the test takes, and that no shovel empties. */
function patientQueues({ base }: Pair, vhost: string): ObjectOfKind<'queue'>[] {
  const side = indexSide(base, base.target);
  const index = side.vhosts.get(vhost);
  if (index === undefined || base.objects.some(({ kind }) => kind === 'parameter')) return [];
  return [...index.parts.queues.values()].filter(({ name, arguments: given }) => {
    const { type, settings } = effectiveQueue(index, name, given, base.target);
    const {
      ttlMs = Infinity,
      expiresMs = Infinity,
      maxLength = Infinity,
      maxLengthBytes = Infinity,
    } = settings;
    return (
      type !== 'stream' &&
      ttlMs > PATIENCE_MS &&
      expiresMs > PATIENCE_MS &&
      maxLength > MESSAGES &&
      maxLengthBytes > 10_000
    );
  });
}

function usersIn({ base }: Pair, vhost: string): string[] {
  return base.objects.flatMap((object) =>
    object.kind === 'permissions' && object.vhost === vhost ? [object.user] : [],
  );
}
