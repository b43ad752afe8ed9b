/** Global parameters: values by name, for the whole cluster. */
import { BROKERS_GLOBAL_PARAMETERS } from '../../topology/objects';
import type { GlobalParameterObject, JsonValue } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { BrokerError } from '../api/errors';
import { deleteOrAbsent, field, getOrAbsent, records, text } from '../api/json';
import { path } from '../api/transport';

/** The broker sets it itself, and needs it. */
export function isBrokersOwn(name: string): boolean {
  return BROKERS_GLOBAL_PARAMETERS.has(name);
}

const inWords = (name: string): string => `the global parameter "${name}"`;

/** Without the broker's own. */
export async function list(broker: Broker): Promise<readonly GlobalParameterObject[]> {
  const action = 'list the global parameters';
  const { json } = await broker.request({ method: 'GET', path: 'global-parameters', action });
  return records(json)
    .map(fromJson)
    .filter(({ name }) => !isBrokersOwn(name));
}

export async function read(broker: Broker, name: string): Promise<GlobalParameterObject | undefined> {
  const action = `read ${inWords(name)}`;
  const json = await getOrAbsent(broker, { path: `global-parameters/${path(name)}`, action });
  return json === undefined ? undefined : fromJson(json);
}

/** `guarded` for one of the broker's own. */
export async function put(broker: Broker, parameter: GlobalParameterObject): Promise<void> {
  const { name, value } = parameter;
  const action = `set ${inWords(name)}`;
  refuseBrokersOwn(broker, name, action);
  await broker.request({ method: 'PUT', path: `global-parameters/${path(name)}`, body: { value }, action });
}

/** An absent parameter is fine; `guarded` for one of the broker's own. */
export async function remove(broker: Broker, name: string): Promise<void> {
  const action = `delete ${inWords(name)}`;
  refuseBrokersOwn(broker, name, action);
  await deleteOrAbsent(broker, { path: `global-parameters/${path(name)}`, action });
}

function refuseBrokersOwn(broker: Broker, name: string, action: string): void {
  if (!isBrokersOwn(name)) return;
  throw new BrokerError({
    kind: 'guarded',
    message: `Refused to ${action} on ${broker.endpoint}: the broker sets it itself, and needs it. Use another name.`,
  });
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(json: unknown): GlobalParameterObject {
  return {
    kind: 'globalParameter',
    name: text(json, 'name'),
    value: (field(json, 'value') ?? null) as JsonValue,
  };
}
