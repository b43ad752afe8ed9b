/** What to say when an object exists and can't be changed into the wanted one. */
import type { ExchangeObject, QueueObject } from '../../topology/objects';
import { canonicalJson } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { BrokerError } from '../api/errors';

/** Undefined where nothing differs that we can see: then the broker's own word must do. */
export function conflictError(
  broker: Broker,
  inWords: string,
  current: ExchangeObject | QueueObject,
  wanted: ExchangeObject | QueueObject,
): BrokerError | undefined {
  const differences = differingFields(flatten(current), flatten(wanted));
  if (differences.length === 0) return undefined;
  return new BrokerError({
    kind: 'refused',
    message:
      `The ${inWords} exists on ${broker.endpoint} and differs in what can't be changed in place: ${differences.join('; ')}. ` +
      'Either describe it as it is, or delete it first (its messages and bindings go with it).',
  });
}

function flatten(object: ExchangeObject | QueueObject): Readonly<Record<string, unknown>> {
  const { durable, autoDelete } = object;
  const own = object.kind === 'exchange' ? { type: object.type, internal: object.internal } : {};
  const table = Object.fromEntries(
    Object.entries(object.arguments).map(([key, value]) => [`argument ${key}`, value]),
  );
  return { durable, autoDelete, ...own, ...table };
}

function differingFields(
  current: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): readonly string[] {
  const fields = [...new Set([...Object.keys(current), ...Object.keys(wanted)])];
  return fields.flatMap((name) => {
    // Brokers from 4.0 on write the type down for every queue, so its absence in the wanted one says nothing.
    if (name === 'argument x-queue-type' && wanted[name] === undefined) return [];
    if (canonicalJson(current[name] ?? null) === canonicalJson(wanted[name] ?? null)) return [];
    return [`${name} is ${show(current[name])} and should be ${show(wanted[name])}`];
  });
}

function show(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
