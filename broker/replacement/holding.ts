/**
 * What keeps a queue's or an exchange's bindings while it is away: an exchange beside it, bound as it was bound.
 * Everything is on the broker, so whoever was killed in between, on whatever machine, is continued by the next run.
 */
import { createHash } from 'node:crypto';
import { HOLDING_PREFIX } from '../../topology/names';
import type { BindingObject, ExchangeObject, ObjectOfKind } from '../../topology/objects';
import type { StoredBinding } from '../kinds/bindings';
import type { Broker } from '../api/transport';
import * as bindings from '../kinds/bindings';
import { isBrokerError } from '../api/errors';
import * as exchanges from '../kinds/exchanges';

const NAME_BYTES_MAX = 255;

/**
 * Of the exchange and the queue that stand in for an object of this name; `return` is the way back to a queue, and
 * `lock` keeps a queue for one command.
 */
export function holdingName(kind: 'queue' | 'exchange' | 'return' | 'lock', name: string): string {
  const full = `${HOLDING_PREFIX}${kind}.${name}`;
  if (Buffer.byteLength(full) <= NAME_BYTES_MAX) return full;
  return `${HOLDING_PREFIX}${kind}.${createHash('sha256').update(name).digest('hex')}`;
}

const known = new WeakMap<Broker, Map<string, Promise<Set<string>>>>();

/** The holding exchanges of a vhost: read once in an operation, then kept up to date by what is done here. */
function holdingsIn(broker: Broker, vhost: string): Promise<Set<string>> {
  const ofBroker = known.get(broker) ?? new Map<string, Promise<Set<string>>>();
  known.set(broker, ofBroker);
  const found = ofBroker.get(vhost) ?? readHoldings(broker, vhost);
  ofBroker.set(vhost, found);
  found.catch(() => ofBroker.delete(vhost));
  return found;
}

/** None in a vhost that is gone: whoever was killed after its deletion comes here again. */
async function readHoldings(broker: Broker, vhost: string): Promise<Set<string>> {
  try {
    const names = (await exchanges.list(broker, vhost)).map(({ name }) => name);
    return new Set(names.filter((name) => name.startsWith(HOLDING_PREFIX)));
  } catch (error) {
    if (isBrokerError(error, 'notFound')) return new Set();
    throw error;
  }
}

export async function isHolding(broker: Broker, vhost: string, holding: string): Promise<boolean> {
  return (await holdingsIn(broker, vhost)).has(holding);
}

/** Whether a recreation of the object was interrupted: then what was set aside for it is still there. */
export async function isUnfinished(
  lookup: { find(exchange: ExchangeObject): unknown },
  { kind, vhost, name }: Pick<ObjectOfKind<'queue' | 'exchange'>, 'kind' | 'vhost' | 'name'>,
): Promise<boolean> {
  const holding = { kind: 'exchange', vhost, name: holdingName(kind, name), durable: true } as const;
  return (await lookup.find({ ...holding, ...FANOUT, autoDelete: false })) !== undefined;
}

/** For a queue: what comes by it keeps its routing key, and whoever gets it sees the exchange that it came from. */
const FANOUT = { type: 'fanout', internal: false, arguments: {} } as const;

/** Declares the holding exchange, for an exchange one of its type. */
export async function openHolding(
  broker: Broker,
  vhost: string,
  holding: string,
  like: Pick<ExchangeObject, 'type' | 'internal' | 'arguments'> = FANOUT,
): Promise<void> {
  const names = await holdingsIn(broker, vhost);
  if (names.has(holding)) return;
  const { type, internal, arguments: table } = like;
  const exchange = { kind: 'exchange', vhost, name: holding, durable: true, autoDelete: false } as const;
  await exchanges.put(broker, { ...exchange, type, internal, arguments: table });
  names.add(holding);
}

/** Whatever comes to the holding exchange goes to the holding queue, which has the same name. */
export async function bindHoldingQueue(broker: Broker, vhost: string, holding: string): Promise<void> {
  const binding = { kind: 'binding', vhost, source: holding, destination: holding, routingKey: '' } as const;
  await bindings.put(broker, { ...binding, destinationType: 'queue', arguments: {} });
}

export async function closeHolding(broker: Broker, vhost: string, holding: string): Promise<void> {
  const names = await holdingsIn(broker, vhost);
  await exchanges.remove(broker, vhost, holding);
  names.delete(holding);
}

/**
 * Makes each binding anew as `changed` says, and only then takes the old ones away: in between messages come twice,
 * never not at all. A binding whose other end is gone meanwhile is gone itself.
 */
export async function moveBindings(
  broker: Broker,
  from: readonly StoredBinding[],
  changed: (binding: StoredBinding) => BindingObject,
): Promise<void> {
  const made = await copyBindings(broker, from, changed);
  await Promise.all(made.map((binding) => bindings.remove(broker, binding, binding.propertiesKey)));
}

/** Returns those of which there is a copy now. */
export async function copyBindings(
  broker: Broker,
  from: readonly StoredBinding[],
  changed: (binding: StoredBinding) => BindingObject,
): Promise<readonly StoredBinding[]> {
  const isMade = await Promise.all(from.map((binding) => put(broker, changed(binding))));
  return from.filter((_binding, index) => isMade[index]);
}

async function put(broker: Broker, binding: BindingObject): Promise<boolean> {
  try {
    await bindings.put(broker, binding);
    return true;
  } catch (error) {
    if (isBrokerError(error, 'notFound')) return false;
    throw error;
  }
}
