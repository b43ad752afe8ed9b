/** Bindings. The broker names each by a `properties key`, made from the routing key and a hash of the arguments. */
import type { BindingObject } from '../../topology/objects';
import { canonicalJson } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { requestInVhost } from '../api/access';
import { BrokerError, isBrokerError } from '../api/errors';
import { argumentTable, field, getOrAbsent, records, text } from '../api/json';
import { path } from '../api/transport';

export interface StoredBinding extends BindingObject {
  readonly propertiesKey: string;
}

type Ends = Pick<BindingObject, 'vhost' | 'source' | 'destination' | 'destinationType'>;

const inWords = (ends: Ends): string =>
  `the binding from exchange "${ends.source}" to ${ends.destinationType} "${ends.destination}" in vhost "${ends.vhost}"`;

function pathBetween(ends: Ends): string {
  const type = ends.destinationType === 'queue' ? 'q' : 'e';
  return `bindings/${path(ends.vhost)}/e/${path(ends.source)}/${type}/${path(ends.destination)}`;
}

export async function list(broker: Broker, vhost: string): Promise<readonly StoredBinding[]> {
  const action = `list the bindings of vhost "${vhost}"`;
  const { json } = await broker.request({ method: 'GET', path: `bindings/${path(vhost)}`, action });
  return records(json).map(fromJson);
}

/** Every binding that leads to a queue or exchange, but the one that the broker makes from the default exchange. */
export async function listTo(
  broker: Broker,
  { vhost, type, name }: { vhost: string; type: BindingObject['destinationType']; name: string },
): Promise<readonly StoredBinding[]> {
  const action = `list the bindings of ${type} "${name}" in vhost "${vhost}"`;
  const ofDestination =
    type === 'queue'
      ? `queues/${path(vhost, name)}/bindings`
      : `exchanges/${path(vhost, name)}/bindings/destination`;
  const json = await getOrAbsent(broker, { path: ofDestination, action });
  return records(json)
    .map(fromJson)
    .filter((binding) => binding.source !== '');
}

/** Every binding that leads away from an exchange. */
export async function listFrom(
  broker: Broker,
  { vhost, name }: { vhost: string; name: string },
): Promise<readonly StoredBinding[]> {
  const action = `list the bindings of exchange "${name}" in vhost "${vhost}"`;
  const sourcePath = `exchanges/${path(vhost, name)}/bindings/source`;
  return records(await getOrAbsent(broker, { path: sourcePath, action })).map(fromJson);
}

export async function listBetween(broker: Broker, ends: Ends): Promise<readonly StoredBinding[]> {
  const json = await getOrAbsent(broker, { path: pathBetween(ends), action: `read ${inWords(ends)}` });
  return records(json).map(fromJson);
}

/** The binding with exactly this routing key and these arguments. */
export async function read(broker: Broker, binding: BindingObject): Promise<StoredBinding | undefined> {
  const wanted = canonicalJson(binding.arguments);
  const found = await listBetween(broker, binding);
  return found.find(
    (candidate) =>
      candidate.routingKey === binding.routingKey && canonicalJson(candidate.arguments) === wanted,
  );
}

/** Makes the binding, or finds it made; returns its properties key. */
export async function put(broker: Broker, binding: BindingObject): Promise<string> {
  const action = `create ${inWords(binding)}`;
  try {
    const reply = await requestInVhost(broker, binding.vhost, {
      method: 'POST',
      path: pathBetween(binding),
      body: { routing_key: binding.routingKey, arguments: binding.arguments },
      action,
      repeatable: true,
    });
    const key = propertiesKeyOf(reply.location);
    return key ?? (await read(broker, binding))?.propertiesKey ?? binding.routingKey;
  } catch (error) {
    if (!isBrokerError(error, 'notFound')) throw error;
    throw new BrokerError({
      kind: 'notFound',
      message: `Cannot ${action} on ${broker.endpoint}: ${error.reason ?? 'one of its ends is missing'}. Create both ends first.`,
    });
  }
}

/** An absent binding, or one whose ends are gone, is fine. */
export async function remove(broker: Broker, ends: Ends, propertiesKey: string): Promise<void> {
  try {
    await requestInVhost(broker, ends.vhost, {
      method: 'DELETE',
      path: `${pathBetween(ends)}/${path(propertiesKey)}`,
      action: `delete ${inWords(ends)}`,
    });
  } catch (error) {
    if (!isBrokerError(error, 'notFound')) throw error;
  }
}

/** The last segment of the Location header, which is the properties key percent-encoded. */
function propertiesKeyOf(location: string | undefined): string | undefined {
  const last = location?.split('/').at(-1);
  if (last === undefined || last === '') return undefined;
  try {
    return decodeURIComponent(last);
  } catch {
    return undefined;
  }
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(json: unknown): StoredBinding {
  return {
    kind: 'binding',
    vhost: text(json, 'vhost'),
    source: text(json, 'source'),
    destination: text(json, 'destination'),
    destinationType: text(json, 'destination_type') === 'exchange' ? 'exchange' : 'queue',
    routingKey: text(json, 'routing_key'),
    arguments: argumentTable(field(json, 'arguments')),
    propertiesKey: text(json, 'properties_key'),
  };
}
