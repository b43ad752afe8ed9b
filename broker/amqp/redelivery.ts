/**
 * Dead letters sent again. A message is acknowledged in its dead-letter queue only once a queue has confirmed it: killed
 * at any moment, it is in one place or in both, never in none.
 */
import type { ConsumeMessage } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import type { Intake } from './intake';
import { NotTaken, type Outcome, type Outgoing } from './publisher';

export type Decision =
  | {
      readonly kind: 'send';
      readonly to: string;
      readonly outgoing: Outgoing;
      readonly notes: readonly string[];
    }
  /** Not looked for: it isn't counted. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'stay'; readonly why: string };

export interface Redelivery {
  readonly intake: Intake;
  /** Absent where it is only to be said what would happen. */
  readonly publish: ((message: Outgoing) => Promise<Outcome>) | undefined;
  readonly decide: (message: ConsumeMessage) => Decision;
  /** Messages that the queue still takes without dropping others for them; undefined where it has no such end. */
  readonly roomOf: (queue: string) => Promise<number | undefined>;
  /** Looked at, at most: what comes back meanwhile isn't taken again. */
  readonly messagesMax: number;
  /** Sent, at most. */
  readonly sendMax: number;
  readonly perSecond?: number;
  readonly stop: AbortSignal;
  readonly onProgress?: (sent: number) => void;
}

export interface Redelivered {
  /** By queue. */
  readonly sent: ReadonlyMap<string, number>;
  /** By reason. */
  readonly stayed: ReadonlyMap<string, number>;
  /** By what is otherwise about messages that were sent. */
  readonly notes: ReadonlyMap<string, number>;
  readonly looked: number;
  readonly isStopped: boolean;
  /** What ended it before its time: the connection broke, say. The tallies are of what was done until then. */
  readonly fault?: Error;
  /** Sent then, and nobody knows whether they were taken: they may be in both. */
  readonly uncertain: number;
}

/** Sent and not yet confirmed, at most: so many may come twice when this is killed. */
export const UNDER_WAY_MAX = 100;

/** Whatever ends it, what was confirmed until then is acknowledged, and everything else is where it was. */
export async function redeliver(run: Redelivery): Promise<Redelivered> {
  const tallies = { sent: new Map(), stayed: new Map(), notes: new Map() } satisfies Tallies;
  const ended = await new Run(run, tallies).toItsEnd();
  return { ...tallies, ...ended, isStopped: run.stop.aborted };
}

interface Tallies {
  readonly sent: Map<string, number>;
  readonly stayed: Map<string, number>;
  readonly notes: Map<string, number>;
}

class Run {
  readonly #underWay = new Set<Promise<void>>();
  readonly #room = new Map<string, number>();
  #sent = 0;
  #uncertain = 0;
  #fault: Error | undefined;
  #nextAtMs = 0;

  constructor(
    private readonly run: Redelivery,
    private readonly tallies: Tallies,
  ) {}

  async toItsEnd(): Promise<Pick<Redelivered, 'looked' | 'fault' | 'uncertain'>> {
    const { intake, stop, messagesMax, sendMax } = this.run;
    let looked = 0;
    try {
      while (!stop.aborted && this.#fault === undefined && looked < messagesMax && this.#sent < sendMax) {
        const message = await intake.next();
        if (message === undefined) break;
        looked++;
        await this.handle(message);
        while (this.#underWay.size >= UNDER_WAY_MAX) await Promise.race(this.#underWay);
      }
    } catch (error) {
      this.#fault ??= error as Error;
    }
    await Promise.all(this.#underWay);
    const fault = this.#fault;
    return { looked, uncertain: this.#uncertain, ...(fault === undefined ? {} : { fault }) };
  }

  private async handle(message: ConsumeMessage): Promise<void> {
    const decision = this.run.decide(message);
    if (decision.kind === 'pass') {
      this.run.intake.keep(message);
      return;
    }
    if (decision.kind === 'stay') {
      this.stays(message, decision.why);
      return;
    }
    if (!(await this.hasRoom(decision.to))) {
      this.stays(message, `${decision.to} is full: it would drop its oldest message for each`);
      return;
    }
    await this.pace();
    // Also while it waited for its turn.
    if (this.run.stop.aborted) {
      this.run.intake.keep(message);
      return;
    }
    this.#sent++;
    const sending = this.send(message, decision).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  private async send(
    message: ConsumeMessage,
    { to, outgoing, notes }: Extract<Decision, { kind: 'send' }>,
  ): Promise<void> {
    try {
      const { intake, publish } = this.run;
      const outcome = publish === undefined ? 'taken' : await publish(outgoing);
      if (outcome === 'taken') {
        if (publish === undefined) intake.keep(message);
        else intake.acknowledge(message);
        count(this.tallies.sent, to);
        for (const note of notes) count(this.tallies.notes, note);
        this.run.onProgress?.(this.#sent);
        return;
      }
      this.#sent--;
      this.stays(message, outcome === 'returned' ? `${to} isn't reached` : `${to} refuses it: it is full`);
    } catch (error) {
      this.#sent--;
      if (!(error instanceof NotTaken)) this.#uncertain++;
      this.#fault ??= error as Error;
    }
  }

  private stays(message: ConsumeMessage, why: string): void {
    this.run.intake.keep(message);
    count(this.tallies.stayed, why);
  }

  private async hasRoom(queue: string): Promise<boolean> {
    const known = this.#room.get(queue);
    if (known === undefined || known <= 0) {
      // What is under way is not in its count yet.
      await Promise.all(this.#underWay);
      this.#room.set(queue, (await this.run.roomOf(queue)) ?? Infinity);
    }
    const room = this.#room.get(queue) ?? 0;
    if (room <= 0) return false;
    this.#room.set(queue, room - 1);
    return true;
  }

  private async pace(): Promise<void> {
    const { perSecond, stop } = this.run;
    if (perSecond === undefined) return;
    const nowMs = performance.now();
    const waitMs = this.#nextAtMs - nowMs;
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs) + 1000 / perSecond;
    if (waitMs > 0) await delay(waitMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

function count(tally: Map<string, number>, key: string): void {
  tally.set(key, (tally.get(key) ?? 0) + 1);
}
