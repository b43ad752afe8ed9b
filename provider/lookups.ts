/** Where an object is looked up: in what was read once for all, unless something speaks for asking about it alone. */
import type { Lookup } from '../broker/lookup';
import type { AnyResourceType, Session } from './resourceType';
import type { Plugin } from './plugin';
import { isBrokerError } from '../broker/api/errors';
import { liveLookup } from '../broker/lookup';
import { warnOfLeftovers } from './leftovers';
import { claimIdentity, sessionOf, warnOnce } from './plugin';

/** Nothing says more about a broker that can't be used than its first failure. */
const WARNED = 'drift-not-checked';

/**
 * For a diff; undefined where the broker can't be asked, which one warning per operation says: a preview must work
 * without a broker. An `up` must not (`requireBroker`): it would report success for what was neither seen nor repaired.
 */
export async function lookupToCompare(
  plugin: Plugin,
  type: AnyResourceType,
  object: object,
): Promise<Lookup | undefined> {
  const { session } = plugin;
  if (session === undefined) return undefined;
  try {
    return isTouched(plugin, type, object) ? await live(session) : await snapshotOf(plugin, session);
  } catch (error) {
    if (session.requireBroker || !isBrokerError(error) || error.kind === 'cancelled') throw error;
    await warnOnce(plugin, WARNED, `drift: not checked, only the state was compared. ${error.message}`);
    return undefined;
  }
}

/**
 * A refresh reads everything at once. What a program looks up (`get`) may be younger than that, and whoever may not
 * list everything may still read what the stack has.
 */
export async function lookupToRead(
  plugin: Plugin,
  type: AnyResourceType,
  object: object,
  isRefresh: boolean,
): Promise<Lookup> {
  const session = sessionOf(plugin);
  if (!isRefresh || isTouched(plugin, type, object)) return live(session);
  try {
    return await snapshotOf(plugin, session);
  } catch (error) {
    if (!isBrokerError(error, 'forbidden')) throw error;
    return live(session);
  }
}

async function snapshotOf(plugin: Plugin, session: Session): Promise<Lookup> {
  const snapshot = await session.snapshot();
  await warnOfLeftovers(plugin, snapshot);
  return snapshot;
}

async function live(session: Session): Promise<Lookup> {
  return liveLookup(await session.broker());
}

function isTouched(plugin: Plugin, type: AnyResourceType, object: object): boolean {
  return plugin.touched.has(claimIdentity(sessionOf(plugin).endpoint, type, object));
}
