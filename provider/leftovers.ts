/** Says what an interrupted run left on the broker for a queue or an exchange that nothing else knows of any more. */
import type { Leftover } from '../broker/replacement/leftovers';
import type { Snapshot } from '../broker/snapshot';
import type { Session } from './resourceType';
import type { Plugin } from './plugin';
import { describeLeftover, leftoversIn } from '../broker/replacement/leftovers';
import { sessionOf, warnOnce } from './plugin';

const looked = new WeakSet<Snapshot>();

/** Each once in the whole operation. */
export async function warnOfLeftovers(plugin: Plugin, snapshot: Snapshot): Promise<void> {
  if (looked.has(snapshot)) return;
  looked.add(snapshot);
  const session = sessionOf(plugin);
  await tellLeftovers(session, leftoversIn(snapshot), (word, message) => warnOnce(plugin, word, message));
}

export async function tellLeftovers(
  session: Session,
  leftovers: readonly Leftover[],
  warn: (word: string, message: string) => Promise<void>,
): Promise<void> {
  if (leftovers.length === 0) return;
  const broker = await session.broker();
  for (const leftover of leftovers) {
    const word = JSON.stringify(['leftover', session.endpoint, leftover.vhost, leftover.holding]);
    await warn(word, await describeLeftover(broker, leftover));
  }
}
