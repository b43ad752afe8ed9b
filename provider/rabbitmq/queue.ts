/** `rabbitmq.Queue`. */
import type { Arguments, QueueObject } from '../../topology/objects';
import type { ResourceType } from '../resourceType';
import type { PropertyMap } from '../values';
import { isUnfinished } from '../../broker/replacement/holding';
import * as objects from '../../broker/objects';
import { removeQueue } from '../../broker/guards/queueDeletion';
import { refusalToRecreate, setQueueAside } from '../../broker/replacement/queueReplacement';
import * as queues from '../../broker/kinds/queues';
import { TYPE, inFormOfQueue, withoutAddedType, withoutType } from '../../topology/queueType';
import { readInputs } from '../inputs';
import { argumentProperties, parseArguments } from './argumentTables';
import { idInVhost, nameOnBroker, resolveId } from './ids';
import { restoringBindings } from './takenBindings';

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
  id: ({ name, vhost }) => idInVhost(name, vhost),
  toProperties: ({ name, vhost, durable, autoDelete, arguments: table }, given) => ({
    name,
    vhost,
    settings: { durable, autoDelete, ...argumentProperties(table, given.settings) },
  }),
  create: async ({ session }, queue) => {
    await objects.put(await session.broker(), queue, session.approvals);
    return queue;
  },
  locate: async ({ session }, id) => {
    const broker = await session.broker();
    const found = await resolveId(broker, id, ({ name, vhost }) => queues.read(broker, vhost, name));
    return found && withoutAddedType(found, undefined);
  },
  find: async (lookup, known, wanted = known) => {
    const found = await lookup.find(known);
    if (found === undefined) return undefined;
    const isTyped = TYPE in wanted.arguments;
    const vhost = isTyped ? undefined : await lookup.find({ kind: 'vhost', name: known.vhost });
    return inFormOfQueue(found, wanted, vhost?.defaultQueueType);
  },
  isUnfinished,
  foresee: async ({ session }, found, wanted) => {
    const { approvals } = session;
    const refusal = await refusalToRecreate(await session.broker(), found, {
      approvals,
      replacement: wanted,
    });
    return refusal === undefined ? [] : [refusal];
  },
  update: async ({ session }, queue) => {
    // A recreation that was killed between its halves is finished here.
    await objects.put(await session.broker(), queue, session.approvals);
    return queue;
  },
  remove: async ({ session, isReplacement, replacement }, queue) => {
    const { approvals } = session;
    await restoringBindings(session, queue, (broker) =>
      isReplacement
        ? // Checked under the same identity: it is a queue.
          setQueueAside(broker, queue, { approvals, replacement: replacement as QueueObject })
        : removeQueue(broker, queue, { approvals }),
    );
  },
};

function argumentsOf(properties: PropertyMap): Arguments {
  return parseArguments(readInputs(properties), 'settings.arguments');
}
