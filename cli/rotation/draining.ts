/** Waiting until nobody is logged in any more as the users that are to go. */
import { setTimeout as pause } from 'node:timers/promises';
import { describeUse } from '../../broker/figures/credentialUse';
import { isBrokerError } from '../../broker/api/errors';
import type { Broker } from '../../broker/api/transport';

const POLL_MS = 500;

export interface Draining {
  readonly broker: Broker;
  /** On the broker. */
  readonly usernames: readonly string[];
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
}

/** Undefined when nobody is there any more; otherwise who still is, as a sentence without its full stop. */
export async function drained({ broker, usernames, timeoutMs, say }: Draining): Promise<string | undefined> {
  const endMs = performance.now() + timeoutMs;
  let told: string | undefined;
  for (;;) {
    const use = await look(broker, usernames);
    if (use === undefined) return undefined;
    if (performance.now() >= endMs) return use;
    if (use !== told) say(`waiting for the end of these logins: ${use}`);
    told = use;
    await pause(POLL_MS);
  }
}

/** A node that is away for a moment is no reason to give up. */
async function look(broker: Broker, usernames: readonly string[]): Promise<string | undefined> {
  try {
    return await describeUse(broker, usernames);
  } catch (error) {
    if (!isBrokerError(error, 'unreachable', 'timeout', 'unavailable')) throw error;
    return error.message;
  }
}
