/**
 * Recreating an exchange (another type, durability, arguments) without losing its bindings, whoever made them: an
 * exchange of the old one's type stands in for it, with the same bindings to and from it. What applications publish to
 * the exchange by its name while it is away is refused by the broker, as with any deletion.
 *
 * RabbitMQ 4.3 deletes the topic permissions for an exchange with it (3.10 and 4.0 keep them), and without any a user may
 * write and read every routing key: so the stand-in keeps them, too.
 */
import type { ExchangeObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import * as bindings from '../kinds/bindings';
import * as exchanges from '../kinds/exchanges';
import { closeHolding, copyBindings, holdingName, isHolding, moveBindings, openHolding } from './holding';
import * as topicPermissions from '../kinds/topicPermissions';

export type ExchangeName = Pick<ExchangeObject, 'vhost' | 'name'>;

/** First half: the bindings and topic permissions go to the stand-in, then the exchange is deleted. An absent exchange is fine. */
export async function setExchangeAside(broker: Broker, { vhost, name }: ExchangeName): Promise<void> {
  const current = await exchanges.read(broker, vhost, name);
  if (current === undefined) return;
  const [inbound, outbound] = await bindingsOf(broker, { vhost, name });
  const grants = await topicPermissions.grantsFor(broker, { vhost, name });
  if (inbound.length + outbound.length + grants.length > 0) {
    const holding = holdingName('exchange', name);
    await openHolding(broker, vhost, holding, { ...current, internal: true });
    for (const grant of grants) await topicPermissions.grant(broker, { vhost, name: holding }, grant);
    // What comes in is led over only once it finds its way on.
    await copyBindings(broker, outbound, (binding) => ({ ...binding, source: holding }));
    await moveBindings(broker, inbound, (binding) => ({ ...binding, destination: holding }));
  }
  await exchanges.remove(broker, vhost, name);
}

/** Second half, once the new exchange is declared. Nothing to do where nothing was set aside. */
export async function bringExchangeBack(broker: Broker, { vhost, name }: ExchangeName): Promise<void> {
  const holding = holdingName('exchange', name);
  if (!(await isHolding(broker, vhost, holding))) return;
  await bringGrantsBack(broker, { vhost, name }, holding);
  const [inbound, outbound] = await bindingsOf(broker, { vhost, name: holding });
  await copyBindings(broker, outbound, (binding) => ({ ...binding, source: name }));
  await moveBindings(broker, inbound, (binding) => ({ ...binding, destination: name }));
  await closeHolding(broker, vhost, holding);
}

/** Before anything is led to the new exchange. What somebody has for it by now is newer. */
async function bringGrantsBack(broker: Broker, exchange: ExchangeName, holding: string): Promise<void> {
  const held = await topicPermissions.grantsFor(broker, { ...exchange, name: holding });
  if (held.length === 0) return;
  const present = new Set((await topicPermissions.grantsFor(broker, exchange)).map(({ user }) => user));
  for (const grant of held) {
    if (!present.has(grant.user)) await topicPermissions.grant(broker, exchange, grant);
  }
  await revoke(broker, { ...exchange, name: holding }, held);
}

/** Only RabbitMQ 4.3 does it itself. */
async function revoke(
  broker: Broker,
  holding: ExchangeName,
  grants: readonly topicPermissions.TopicGrant[],
): Promise<void> {
  for (const { user } of grants) await topicPermissions.revoke(broker, holding, user);
}

/**
 * Which bindings would go with the exchange though nobody takes them away, in words; undefined where there are none.
 * Those of a topology go before their exchange: what is left was made by others.
 */
export async function strandedBy(broker: Broker, { vhost, name }: ExchangeName): Promise<string | undefined> {
  const [inbound, outbound] = await bindingsOf(broker, { vhost, name });
  const ends = new Set([
    ...inbound.map(({ source }) => `from exchange "${source}"`),
    ...outbound.map(({ destinationType, destination }) => `to ${destinationType} "${destination}"`),
  ]);
  if (ends.size === 0) return undefined;
  const shown = [...ends].slice(0, STRANDED_MAX);
  const more = ends.size > shown.length ? ` and ${ends.size - shown.length} more` : '';
  return (
    `Exchange "${name}" in vhost "${vhost}" goes with bindings that others made: ${shown.join(', ')}${more}. ` +
    'Nothing comes there by this exchange any more, also where it is made anew: whoever made them must bind again.'
  );
}

/** More would only hide the first ones. */
const STRANDED_MAX = 10;

/** Deletes the exchange, with what an interrupted recreation left of it. An absent exchange is fine. */
export async function removeExchange(broker: Broker, { vhost, name }: ExchangeName): Promise<void> {
  await exchanges.remove(broker, vhost, name);
  const holding = holdingName('exchange', name);
  if (!(await isHolding(broker, vhost, holding))) return;
  const held = { vhost, name: holding };
  await revoke(broker, held, await topicPermissions.grantsFor(broker, held));
  await closeHolding(broker, vhost, holding);
}

function bindingsOf(
  broker: Broker,
  exchange: ExchangeName,
): Promise<[readonly bindings.StoredBinding[], readonly bindings.StoredBinding[]]> {
  const { vhost, name } = exchange;
  return Promise.all([
    bindings.listTo(broker, { vhost, type: 'exchange', name }),
    bindings.listFrom(broker, { vhost, name }),
  ]);
}
