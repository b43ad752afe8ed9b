/** `rabbitmq.Queue`. */
import type { QueueObject } from '../../topology/objects';
import type { StoredBinding } from '../../broker/bindings';
import type { ResourceType } from '../resourceType';
import { approvesQueue } from '../../broker/approvals';
import * as bindings from '../../broker/bindings';
import * as queues from '../../broker/queues';
import { argumentProperties, parseArguments } from './argumentTables';
import { idInVhost, resolveId } from './ids';

/**
 * Bindings of queues that are deleted to be created again. The broker drops them with the queue, and resources
 * that name the queue by text are not told.
 */
const bindingsToRestore = new Map<string, readonly StoredBinding[]>();

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
      name: inputs.text('name'),
      vhost: inputs.text('vhost', '/'),
      durable: inputs.flag('settings.durable', false),
      autoDelete: inputs.flag('settings.autoDelete', false),
      arguments: parseArguments(inputs, 'settings.arguments'),
    };
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
    const id = idInVhost(queue.name, queue.vhost);
    for (const binding of bindingsToRestore.get(id) ?? []) await bindings.put(broker, binding);
    bindingsToRestore.delete(id);
    return { id, object: queue };
  },
  read: async ({ session }, id, known) => {
    const broker = await session.broker();
    const object =
      known === undefined
        ? await resolveId(id, ({ name, vhost }) => queues.read(broker, vhost, name))
        : await queues.read(broker, known.vhost, known.name);
    return object === undefined ? undefined : { id, object: withoutAddedType(object, known) };
  },
  update: () => Promise.resolve(),
  remove: async ({ session, isReplacement }, { vhost, name }) => {
    const broker = await session.broker();
    if (isReplacement) {
      bindingsToRestore.set(idInVhost(name, vhost), await bindings.listOfQueue(broker, vhost, name));
    }
    await queues.remove(broker, vhost, name, { approved: approvesQueue(session.approvals, vhost, name) });
  },
};

/** RabbitMQ from 4.0 on writes the type down as an argument of every queue, also where nobody gave one. */
function withoutAddedType(queue: QueueObject, known: QueueObject | undefined): QueueObject {
  if (known?.arguments['x-queue-type'] !== undefined) return queue;
  if (known === undefined && queue.arguments['x-queue-type'] !== 'classic') return queue;
  const others = Object.entries(queue.arguments).filter(([name]) => name !== 'x-queue-type');
  return { ...queue, arguments: Object.fromEntries(others) };
}
