/** Parameters of a vhost: federation upstreams, shovels, and whatever a plugin keeps there. */
import type { JsonValue, ParameterObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { BrokerError, isBrokerError } from '../api/errors';
import { deleteOrAbsent, field, getOrAbsent, records, text } from '../api/json';
import { path } from '../api/transport';
import { hidingPasswords } from './uris';
import { wordTable } from '../../topology/wordTable';

/** As the broker keeps it: with the passwords in its URIs. */
export type StoredParameter = Omit<ParameterObject, 'logins'>;
export type ParameterKey = Pick<ParameterObject, 'vhost' | 'component' | 'name'>;

/** What the broker keeps in the same place and what has an interface, and a kind, of its own. */
export const OTHER_KINDS = wordTable<string>({
  policy: 'policies',
  operator_policy: 'operator policies',
  'vhost-limits': 'limits of vhosts',
});

const PLUGINS = wordTable<string>({
  shovel: 'rabbitmq_shovel',
  'federation-upstream': 'rabbitmq_federation',
  'federation-upstream-set': 'rabbitmq_federation',
});

const inWords = ({ vhost, component, name }: ParameterKey): string =>
  `the ${component} "${name}" in vhost "${vhost}"`;

const pathOf = ({ vhost, component, name }: ParameterKey): string =>
  `parameters/${path(component, vhost, name)}`;

export async function list(broker: Broker, vhost: string): Promise<readonly StoredParameter[]> {
  const action = `list the parameters of vhost "${vhost}"`;
  // There is no path for those of one vhost.
  const { json } = await broker.request({ method: 'GET', path: 'parameters', action });
  return records(json)
    .map(fromJson)
    .filter((parameter) => parameter.vhost === vhost && !(parameter.component in OTHER_KINDS));
}

export async function read(broker: Broker, key: ParameterKey): Promise<StoredParameter | undefined> {
  const json = await getOrAbsent(broker, { path: pathOf(key), action: `read ${inWords(key)}` });
  return json === undefined ? undefined : fromJson(json);
}

/** Sets the parameter, with whatever logins stand in its URIs. No error shows their passwords. */
export async function put(broker: Broker, parameter: StoredParameter): Promise<void> {
  const action = `set ${inWords(parameter)}`;
  try {
    await broker.request({
      method: 'PUT',
      path: pathOf(parameter),
      body: { value: parameter.value },
      action,
    });
  } catch (error) {
    throw isBrokerError(error) ? explained(broker, action, parameter, error) : error;
  }
}

/** An absent parameter, or vhost, is fine. */
export async function remove(broker: Broker, key: ParameterKey): Promise<void> {
  await deleteOrAbsent(broker, { path: pathOf(key), action: `delete ${inWords(key)}` });
}

function explained(
  broker: Broker,
  action: string,
  { component, value }: StoredParameter,
  error: BrokerError,
): BrokerError {
  if (error.reason?.includes(`component ${component} not found`) !== true)
    return hidingPasswords(error, value);
  const plugin = PLUGINS[component] ?? 'the plugin that knows it';
  return new BrokerError({
    kind: error.kind,
    message: `Cannot ${action} on ${broker.endpoint}: the broker knows no ${component}. Enable ${plugin} on every node (rabbitmq-plugins enable).`,
  });
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(json: unknown): StoredParameter {
  return {
    kind: 'parameter',
    vhost: text(json, 'vhost'),
    component: text(json, 'component'),
    name: text(json, 'name'),
    value: (field(json, 'value') ?? null) as JsonValue,
  };
}
