/**
 * RabbitMQ deletes an auto-delete exchange with the last binding that leads away from it, and with it what leads to it;
 * on 4.3 its topic permissions, too. Where a topology keeps the exchange and takes that binding away, the exchange is
 * declared again. While it is away, what is published to it is refused, as it would go nowhere without that binding.
 */
import type { BindingObject, ExchangeObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import type { ExchangeName } from './exchangeReplacement';
import * as bindings from '../kinds/bindings';
import * as exchanges from '../kinds/exchanges';
import { copyBindings } from './holding';
import * as topicPermissions from '../kinds/topicPermissions';

/** What has to be made again where it goes. */
export interface AutoDeleteExchange {
  readonly exchange: ExchangeObject;
  readonly inbound: readonly bindings.StoredBinding[];
  readonly grants: readonly topicPermissions.TopicGrant[];
}

/**
 * Of these exchanges the auto-delete ones, to be asked for before bindings are taken away, and those of which one
 * leads to them: they may have no other binding. Sources come after what they lead to.
 */
export async function autoDeleteExchanges(
  broker: Broker,
  names: readonly ExchangeName[],
): Promise<readonly AutoDeleteExchange[]> {
  const found = new Map<string, AutoDeleteExchange>();
  const visit = async ({ vhost, name }: ExchangeName): Promise<void> => {
    const key = JSON.stringify([vhost, name]);
    if (found.has(key)) return;
    const exchange = await exchanges.read(broker, vhost, name);
    if (exchange?.autoDelete !== true) return;
    const [inbound, grants] = await Promise.all([
      bindings.listTo(broker, { vhost, type: 'exchange', name }),
      topicPermissions.grantsFor(broker, { vhost, name }),
    ]);
    found.set(key, { exchange, inbound, grants });
    for (const { source } of inbound) await visit({ vhost, name: source });
  };
  for (const name of names) await visit(name);
  return [...found.values()];
}

/** Declares again what went, with all that led to it but what the operation takes away by itself (`isTaken`). */
export async function bringAutoDeletedBack(
  broker: Broker,
  before: readonly AutoDeleteExchange[],
  isTaken: (binding: BindingObject) => boolean,
): Promise<void> {
  const isThere = await Promise.all(
    before.map(({ exchange: { vhost, name } }) => exchanges.read(broker, vhost, name)),
  );
  const gone = before.filter((_, index) => isThere[index] === undefined);
  for (const { exchange, grants } of gone) {
    await exchanges.put(broker, exchange);
    for (const grant of grants) await topicPermissions.grant(broker, exchange, grant);
  }
  const inbound = gone.flatMap((exchange) => exchange.inbound).filter((binding) => !isTaken(binding));
  const made = await copyBindings(broker, inbound, (binding) => binding);
  // Taken away by somebody beside us while it was made.
  for (const binding of made) {
    if (isTaken(binding)) await bindings.remove(broker, binding, binding.propertiesKey);
  }
}
