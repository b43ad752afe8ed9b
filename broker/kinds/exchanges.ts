/** Exchanges. */
import type { ExchangeObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { requestInVhost } from '../api/access';
import { isBrokerError } from '../api/errors';
import { argumentTable, field, flag, getOrAbsent, records, text } from '../api/json';
import { conflictError } from './conflict';
import { path } from '../api/transport';

const inWords = (vhost: string, name: string): string => `exchange "${name}" in vhost "${vhost}"`;

export async function list(broker: Broker, vhost: string): Promise<readonly ExchangeObject[]> {
  const action = `list the exchanges of vhost "${vhost}"`;
  const { json } = await broker.request({ method: 'GET', path: `exchanges/${path(vhost)}`, action });
  return records(json).map(fromJson);
}

export async function read(broker: Broker, vhost: string, name: string): Promise<ExchangeObject | undefined> {
  const action = `read ${inWords(vhost, name)}`;
  const json = await getOrAbsent(broker, { path: `exchanges/${path(vhost, name)}`, action });
  return json === undefined ? undefined : fromJson(json);
}

/** Declares the exchange. One that exists and is equal is fine; `refused` names every field that differs. */
export async function put(broker: Broker, exchange: ExchangeObject): Promise<void> {
  const { vhost, name, type, durable, autoDelete, internal } = exchange;
  const action = `create ${inWords(vhost, name)}`;
  try {
    await requestInVhost(broker, vhost, {
      method: 'PUT',
      path: `exchanges/${path(vhost, name)}`,
      body: { type, durable, auto_delete: autoDelete, internal, arguments: exchange.arguments },
      action,
    });
  } catch (error) {
    if (!isBrokerError(error, 'refused')) throw error;
    const current = await read(broker, vhost, name);
    throw (current && conflictError(broker, inWords(vhost, name), current, exchange)) ?? error;
  }
}

export async function remove(broker: Broker, vhost: string, name: string): Promise<void> {
  const action = `delete ${inWords(vhost, name)}`;
  try {
    await requestInVhost(broker, vhost, { method: 'DELETE', path: `exchanges/${path(vhost, name)}`, action });
  } catch (error) {
    if (!isBrokerError(error, 'notFound')) throw error;
  }
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(json: unknown): ExchangeObject {
  return {
    kind: 'exchange',
    vhost: text(json, 'vhost'),
    name: text(json, 'name'),
    type: text(json, 'type'),
    durable: flag(json, 'durable'),
    autoDelete: flag(json, 'auto_delete'),
    internal: flag(json, 'internal'),
    arguments: argumentTable(field(json, 'arguments')),
  };
}
