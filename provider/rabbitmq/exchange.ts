/** `rabbitmq.Exchange`. */
import type { ExchangeObject } from '../../topology/objects';
import type { ResourceType } from '../resourceType';
import { removeExchange, setExchangeAside, strandedBy } from '../../broker/replacement/exchangeReplacement';
import * as exchanges from '../../broker/kinds/exchanges';
import { isUnfinished } from '../../broker/replacement/holding';
import * as objects from '../../broker/objects';
import { argumentProperties, parseArguments } from './argumentTables';
import { idInVhost, nameOnBroker, resolveId } from './ids';

export const exchangeType: ResourceType<ExchangeObject> = {
  token: 'rabbitmq:index/exchange:Exchange',
  kind: 'exchange',
  isAutonamed: true,
  defaults: { vhost: '/' },
  properties: {
    name: 'name',
    vhost: 'vhost',
    type: 'settings.type',
    durable: 'settings.durable',
    autoDelete: 'settings.autoDelete',
    internal: 'settings.internal',
    arguments: 'settings.arguments',
  },
  parse: (inputs) => ({
    kind: 'exchange',
    name: nameOnBroker(inputs),
    vhost: inputs.text('vhost', '/'),
    type: inputs.text('settings.type'),
    durable: inputs.flag('settings.durable', false),
    autoDelete: inputs.flag('settings.autoDelete', false),
    internal: inputs.flag('settings.internal', false),
    arguments: parseArguments(inputs, 'settings.arguments'),
  }),
  identity: ({ vhost, name }) => ['exchange', vhost, name],
  id: ({ name, vhost }) => idInVhost(name, vhost),
  toProperties: ({ name, vhost, type, durable, autoDelete, internal, arguments: table }) => ({
    name,
    vhost,
    settings: {
      type,
      durable,
      autoDelete,
      // Not in the bridged provider's schema, so it is only there where it says something.
      ...(internal ? { internal } : {}),
      ...argumentProperties(table, { arguments: {} }),
    },
  }),
  create: async ({ session }, exchange) => {
    await objects.put(await session.broker(), exchange);
    return exchange;
  },
  locate: async ({ session }, id) => {
    const broker = await session.broker();
    return resolveId(broker, id, ({ name, vhost }) => exchanges.read(broker, vhost, name));
  },
  find: async (lookup, known) => lookup.find(known),
  isUnfinished,
  update: async ({ session }, exchange) => {
    // A recreation that was killed between its halves is finished here.
    await objects.put(await session.broker(), exchange);
    return exchange;
  },
  remove: async ({ session, isReplacement, warn }, exchange) => {
    const broker = await session.broker();
    if (isReplacement) return setExchangeAside(broker, exchange);
    const stranded = await strandedBy(broker, exchange);
    await removeExchange(broker, exchange);
    if (stranded !== undefined) await warn(stranded);
  },
};
