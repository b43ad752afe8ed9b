/** The type among a queue's arguments, which RabbitMQ writes down itself. */
import type { Arguments, BrokerObject, QueueObject, QueueType } from './objects';

export const TYPE = 'x-queue-type';

/**
 * RabbitMQ from 4.0 on writes the type down as an argument of every queue, also where nobody gave one: then it is the
 * vhost's default type, or classic where that was made before the default was.
 */
export function withoutAddedType(queue: QueueObject, defaultType: QueueType | undefined): QueueObject {
  const type = queue.arguments[TYPE];
  if (type !== 'classic' && (type === undefined || type !== defaultType)) return queue;
  return { ...queue, arguments: withoutType(queue.arguments) };
}

/**
 * A queue of a broker in the form of the wanted one, so that they are equal where RabbitMQ takes them for the same. A
 * queue of a broker that says no type (before 4.0) is a classic one, whatever the vhost's default became since.
 */
export function inFormOfQueue(
  found: QueueObject,
  wanted: QueueObject,
  defaultType: QueueType | undefined,
): QueueObject {
  if (!(TYPE in wanted.arguments)) return withoutAddedType(found, defaultType);
  return TYPE in found.arguments ? found : { ...found, arguments: { ...found.arguments, [TYPE]: 'classic' } };
}

/** The default type of each vhost that says one. */
export function defaultTypesOf(objects: readonly BrokerObject[]): ReadonlyMap<string, QueueType> {
  return new Map(
    objects.flatMap((object) =>
      object.kind === 'vhost' && object.defaultQueueType !== undefined
        ? [[object.name, object.defaultQueueType] as const]
        : [],
    ),
  );
}

export function withoutType(table: Arguments): Arguments {
  return Object.fromEntries(Object.entries(table).filter(([name]) => name !== TYPE));
}
