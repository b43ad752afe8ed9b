/**
 * What Warren set aside for a queue or an exchange that is gone: whoever began to recreate or delete it was killed, or
 * failed. Nothing but its holding exchange tells of it any more, so it is looked for in what was read anyway.
 */
import { HOLDING_PREFIX } from '../../topology/names';
import type { ObjectOfKind } from '../../topology/objects';
import type { Snapshot } from '../snapshot';
import type { Broker } from '../api/transport';
import { isBrokerError } from '../api/errors';
import { holdingName } from './holding';
import { glance, plural } from '../figures/queueCounts';

export interface Leftover {
  readonly kind: 'queue' | 'exchange';
  readonly vhost: string;
  /** Of the one that is gone; where it is too long for the name of a holding exchange, its SHA-256. */
  readonly name: string;
  /** Of the holding exchange, and of the queue behind it. */
  readonly holding: string;
  readonly hasQueue: boolean;
  /** What is bound to the holding exchange, and for an exchange also what it is bound to. */
  readonly bindings: number;
}

const KINDS = ['queue', 'exchange'] as const;

/** Those whose queue or exchange isn't on the broker in the same snapshot. */
export function leftoversIn(snapshot: Snapshot): readonly Leftover[] {
  const all = snapshot.objects();
  const holdings = all.flatMap((object) => {
    if (object.kind !== 'exchange') return [];
    const kind = KINDS.find((candidate) => object.name.startsWith(`${HOLDING_PREFIX}${candidate}.`));
    return kind === undefined ? [] : [{ kind, vhost: object.vhost, holding: object.name }];
  });
  if (holdings.length === 0) return [];
  const present = new Set(
    all
      .filter(isRecreatable)
      .map(({ kind, vhost, name }) => JSON.stringify([vhost, holdingName(kind, name)])),
  );
  return holdings
    .filter(({ vhost, holding }) => !present.has(JSON.stringify([vhost, holding])))
    .map(({ kind, vhost, holding }) => ({
      kind,
      vhost,
      holding,
      name: holding.slice(`${HOLDING_PREFIX}${kind}.`.length),
      hasQueue: all.some(
        (other) => other.kind === 'queue' && other.vhost === vhost && other.name === holding,
      ),
      bindings: all.filter(
        (other) =>
          other.kind === 'binding' &&
          other.vhost === vhost &&
          ((other.destinationType === 'exchange' && other.destination === holding) ||
            (kind === 'exchange' && other.source === holding)),
      ).length,
    }));
}

function isRecreatable(object: { readonly kind: string }): object is ObjectOfKind<'queue' | 'exchange'> {
  return object.kind === 'queue' || object.kind === 'exchange';
}

/** In words, with how much waits there; true also where the topology has it, and this very run brings it back. */
export async function describeLeftover(broker: Broker, leftover: Leftover): Promise<string> {
  const { kind, vhost, name, holding, hasQueue, bindings } = leftover;
  const what = kind === 'queue' ? 'Queue' : 'Exchange';
  const more = kind === 'queue' && bindings > 0 ? ', by which more comes in' : '';
  const held = [
    ...(hasQueue ? [`queue "${holding}" with ${await messagesIn(broker, vhost, holding)}`] : []),
    `exchange "${holding}" with ${plural(bindings, 'binding')}${more}`,
  ];
  const both = hasQueue ? `queue and exchange "${holding}"` : `exchange "${holding}"`;
  return (
    `${what} "${name}" in vhost "${vhost}" is not on ${broker.endpoint}, and what Warren set aside for it when it was to be recreated or deleted is still there: ${held.join(', and ')}. ` +
    `An \`up\` with the ${kind} in the topology brings everything back. If nothing of it is needed, delete ${both}.`
  );
}

/** As late as a statistic is; without it, the rest is still worth saying. */
async function messagesIn(broker: Broker, vhost: string, queue: string): Promise<string> {
  try {
    const counts = await glance(broker, vhost, queue);
    return counts === undefined || counts.isUncertain ? 'its messages' : plural(counts.messages, 'message');
  } catch (error) {
    if (isBrokerError(error) && error.kind !== 'cancelled') return 'its messages';
    throw error;
  }
}
