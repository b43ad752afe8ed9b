/** Which containers of a fleet consume, by the addresses of the clients that the broker names. */
import type { Observation } from './observation';

export type Consumption =
  /** For each container that runs, by name. */
  | { readonly isKnown: true; readonly consuming: ReadonlySet<string> }
  /** `why` is for a message, and absent where it will be known in a moment. */
  | { readonly isKnown: false; readonly why?: string };

export interface RunningContainer {
  readonly name: string;
  readonly addresses: readonly string[];
}

/**
 * Where clients come through a router that hides their addresses, no container is recognised, and consumers are there
 * all the same: then nobody is judged.
 */
export function consumptionOf(
  running: readonly RunningContainer[],
  { peers, addresses: known }: Pick<Observation, 'peers' | 'addresses'>,
): Consumption {
  if (peers === undefined) return { isKnown: false };
  const named = new Set(peers.filter((peer) => peer !== undefined).map(plainAddress));
  const consuming = new Set(
    running
      .filter(({ addresses }) => addresses.some((one) => named.has(plainAddress(one))))
      .map(({ name }) => name),
  );
  if (consuming.size === running.length) return { isKnown: true, consuming };
  if (peers.includes(undefined)) return { isKnown: false };
  const own = new Set([...known].map(plainAddress));
  const strangers = [...named].filter((address) => !own.has(address));
  if (consuming.size > 0 || strangers.length === 0) return { isKnown: true, consuming };
  const why = `its queues' consumers connect from ${strangers.sort().slice(0, 3).join(', ')}, which is none of its containers, so none can be recognised`;
  return { isKnown: false, why };
}

/** Without the prefix of an IPv4 address in an IPv6 socket. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
}
