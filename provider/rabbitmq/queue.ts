/** `rabbitmq.Queue`. */
import type { Arguments, QueueObject, QueueType } from '../../topology/objects';
import type { StoredBinding } from '../../broker/bindings';
import type { Broker } from '../../broker/transport';
import type { ResourceType } from '../resourceType';
import type { PropertyMap } from '../values';
import { approvesQueue } from '../../broker/approvals';
import * as bindings from '../../broker/bindings';
import { isBrokerError } from '../../broker/errors';
import * as queues from '../../broker/queues';
import { readInputs } from '../inputs';
import { argumentProperties, parseArguments } from './argumentTables';
import { idInVhost, nameOnBroker, resolveId } from './ids';
import { savedBindings } from './savedBindings';

const TYPE = 'x-queue-type';

export const queueType: ResourceType<QueueObject> = {
  token: 'rabbitmq:index/queue:Queue',
  kind: 'queue',
  isAutonamed: true,
  defaults: { vhost: '/' },
  properties: {
    name: 'name',
    vhost: 'vhost',
    durable: 'settings.durable',
    autoDelete: 'settings.autoDelete',
    arguments: 'settings.arguments',
  },
  parse: (inputs) => {
    if (!inputs.has('settings')) inputs.fail('settings', 'is missing');
    return {
      kind: 'queue',
      name: nameOnBroker(inputs),
      vhost: inputs.text('vhost', '/'),
      durable: inputs.flag('settings.durable', false),
      autoDelete: inputs.flag('settings.autoDelete', false),
      arguments: parseArguments(inputs, 'settings.arguments'),
    };
  },
  ownState: (state, given) => {
    const [stored, wanted] = [argumentsOf(state), argumentsOf(given)];
    if (!(TYPE in stored) || TYPE in wanted || given.settings === undefined) return state;
    const { durable, autoDelete } = state.settings as PropertyMap;
    return { ...state, settings: { durable, autoDelete, arguments: withoutType(stored) } };
  },
  identity: ({ vhost, name }) => ['queue', vhost, name],
  toProperties: ({ name, vhost, durable, autoDelete, arguments: table }, given) => ({
    name,
    vhost,
    settings: { durable, autoDelete, ...argumentProperties(table, given.settings) },
  }),
  create: async ({ session }, queue) => {
    const broker = await session.broker();
    await queues.put(broker, queue);
    const saved = savedBindings(broker.endpoint, queue.vhost, queue.name);
    for (const binding of saved.load()) await restore(broker, binding);
    saved.forget();
    return { id: idInVhost(queue.name, queue.vhost), object: queue };
  },
  locate: async ({ session }, id) => {
    const broker = await session.broker();
    const found = await resolveId(broker, id, ({ name, vhost }) => queues.read(broker, vhost, name));
    return found && withoutAddedType(found, 'classic');
  },
  find: async (lookup, known) => {
    const found = await lookup.find(known);
    if (found === undefined || known.arguments[TYPE] !== undefined) return found;
    const vhost = await lookup.find({ kind: 'vhost', name: known.vhost });
    return withoutAddedType(found, 'classic', vhost?.defaultQueueType);
  },
  update: async ({ session }, queue) => {
    await queues.put(await session.broker(), queue);
    return queue;
  },
  remove: async ({ session, isReplacement }, { vhost, name }) => {
    const broker = await session.broker();
    const saved = savedBindings(broker.endpoint, vhost, name);
    if (isReplacement) saved.save(await bindings.listOfQueue(broker, vhost, name));
    try {
      await queues.remove(broker, vhost, name, { approved: approvesQueue(session.approvals, vhost, name) });
    } catch (error) {
      // The queue is still there, and its bindings with it.
      if (isBrokerError(error, 'guarded')) saved.forget();
      throw error;
    }
  },
};

/** A binding whose exchange is gone meanwhile needs no restoring. */
async function restore(broker: Broker, binding: StoredBinding): Promise<void> {
  try {
    await bindings.put(broker, binding);
  } catch (error) {
    if (!isBrokerError(error, 'notFound')) throw error;
  }
}

/** RabbitMQ from 4.0 on writes the type down as an argument of every queue, also where nobody gave one. */
function withoutAddedType(queue: QueueObject, ...added: readonly (QueueType | undefined)[]): QueueObject {
  const isAdded = added.includes(queue.arguments[TYPE] as QueueType | undefined);
  return isAdded ? { ...queue, arguments: withoutType(queue.arguments) } : queue;
}

function argumentsOf(properties: PropertyMap): Arguments {
  return parseArguments(readInputs(properties), 'settings.arguments');
}

function withoutType(table: Arguments): Arguments {
  return Object.fromEntries(Object.entries(table).filter(([name]) => name !== TYPE));
}
