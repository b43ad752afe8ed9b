/** Waiting until a broker is as far as an operation needs it. */
import type { Broker } from '../../../broker/api/transport';
import type { StepCall } from '../../stepType';
import { isBrokerError } from '../../../broker/api/errors';
import { UserError } from '../../userError';

const POLL_MS = 500;
/** For a broker that is on its way up, or whose node was just stopped. */
const NOT_THERE = ['unreachable', 'timeout', 'unavailable', 'notRabbitMQ', 'unauthorized'] as const;
/** A new node answers a moment before its first user is there; one that knows none of ours for longer never will. */
const UNAUTHORIZED_MS = 30_000;

export interface Waiting {
  /** What is waited for, as the end of a sentence: `all nodes of the cluster "c"`. */
  readonly goal: string;
  readonly timeoutSeconds: number;
  /** Where to look when it doesn't come. */
  readonly wayOut: string;
  /** Undefined when it is there; otherwise what is missing, as a sentence without its full stop. */
  look(broker: Broker): Promise<string | undefined>;
  /** Called with every failure to reach the broker; true ends the waiting. */
  isOver?(msWithoutBroker: number): boolean;
}

/** @throws UserError with what is missing in the end */
export async function waitFor({ session, status }: StepCall, waiting: Waiting): Promise<void> {
  const startMs = performance.now();
  let seenMs = startMs;
  let refusedSinceMs: number | undefined;
  let hasFailed = false;
  let told: string | undefined;
  for (;;) {
    const missing = await lookOnce();
    if (missing === undefined) return;
    if (waiting.isOver?.(performance.now() - seenMs) === true) return;
    const elapsedSeconds = (performance.now() - startMs) / 1000;
    if (elapsedSeconds > waiting.timeoutSeconds) {
      throw new UserError(
        `Waited ${waiting.timeoutSeconds} s for ${waiting.goal}: ${missing}. ${waiting.wayOut} Then run this again: it goes on where it stopped.`,
      );
    }
    if (missing !== told) status(`waiting for ${waiting.goal}: ${missing}`);
    told = missing;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  async function lookOnce(): Promise<string | undefined> {
    try {
      const found = await waiting.look(await session.logIn(hasFailed));
      hasFailed = false;
      seenMs = performance.now();
      refusedSinceMs = undefined;
      return found;
    } catch (error) {
      if (!isBrokerError(error, ...NOT_THERE)) throw error;
      hasFailed = true;
      // It is there, busy or with other users: nobody may go on as if it weren't.
      const isThere = error.kind === 'timeout' || error.kind === 'unauthorized';
      if (isThere) seenMs = performance.now();
      if (error.kind !== 'unauthorized') return error.message;
      refusedSinceMs ??= seenMs;
      if (seenMs - refusedSinceMs > UNAUTHORIZED_MS) throw error;
      return error.message;
    }
  }
}
