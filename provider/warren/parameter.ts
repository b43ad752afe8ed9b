/**
 * `warren.Parameter`. A login can be given beside the value or stand in its URIs; either way it is taken out of them
 * here, so that a difference in the rest of the value is shown, and found on the broker, without it.
 */
import type { StoredParameter } from '../../broker/kinds/parameters';
import type { JsonValue } from '../../topology/objects';
import type { Inputs } from '../inputs';
import type { ResourceType } from '../resourceType';
import type { PropertyMap } from '../values';
import * as parameters from '../../broker/kinds/parameters';
import { isUri, splitLogin, withLogin, withoutLogin } from '../../topology/uriLogins';
import { canonicalJson } from '../../topology/objects';
import { readInputs } from '../inputs';
import { UserError } from '../userError';
import { hasUnknown } from '../values';
import { asWritten, secretsInValue } from './jsonValue';

type Texts = Readonly<Record<string, string>>;

interface Parameter extends StoredParameter {
  /** User names and passwords by the key of the value whose URIs they belong into. */
  readonly logins?: Texts;
  readonly passwords?: Texts;
}

export const parameterType: ResourceType<Parameter> = {
  token: 'warren:index:Parameter',
  kind: 'parameter',
  secrets: ['passwords'],
  secretsIn: secretsInValue,
  properties: {
    vhost: 'vhost',
    component: 'component',
    name: 'name',
    value: 'valueJson',
    logins: 'logins',
    passwords: 'passwords',
  },
  parse: (inputs) => {
    const component = inputs.text('component');
    const otherKind = parameters.OTHER_KINDS[component];
    if (otherKind !== undefined) {
      inputs.fail(
        'component',
        `"${component}" is where the broker keeps its ${otherKind}: they have a resource of their own`,
      );
    }
    const given: Parameter = {
      kind: 'parameter',
      vhost: inputs.text('vhost'),
      component,
      name: inputs.text('name'),
      value: inputs.json('valueJson'),
      ...texts(inputs, 'logins'),
      ...texts(inputs, 'passwords'),
    };
    checkLogins(inputs, given);
    return withLoginsApart(given);
  },
  identity: ({ vhost, component, name }) => ['parameter', vhost, component, name],
  id: idOf,
  toProperties: (parameter, given) => {
    const { vhost, component, name, value, logins, passwords } = parameter;
    if (isSame(parameter, given)) return given;
    return { vhost, component, name, valueJson: canonicalJson(value), logins, passwords };
  },
  create: async ({ session }, parameter) => {
    await parameters.put(await session.broker(), withLoginsInside(parameter));
    return parameter;
  },
  locate: async ({ session }, id) => {
    const stored = await parameters.read(await session.broker(), keyOf(id));
    return stored && withLoginsApart(stored);
  },
  find: async (lookup, { vhost, component, name, value }) => {
    const stored = await lookup.find({ kind: 'parameter', vhost, component, name, value });
    if (stored === undefined) return undefined;
    const found = withLoginsApart(stored);
    return { ...found, value: asWritten(found.value, value) };
  },
  update: async ({ session }, parameter) => {
    await parameters.put(await session.broker(), withLoginsInside(parameter));
    return parameter;
  },
  remove: async ({ session }, parameter) => {
    await parameters.remove(await session.broker(), parameter);
  },
};

function texts<N extends 'logins' | 'passwords'>(inputs: Inputs, name: N): Partial<Record<N, Texts>> {
  const table = inputs.table(name);
  if (Object.values(table).some((value) => typeof value !== 'string'))
    inputs.fail(name, 'must hold only texts');
  return Object.keys(table).length === 0 ? {} : ({ [name]: table } as Record<N, Texts>);
}

function checkLogins(inputs: Inputs, { value, logins = {}, passwords = {} }: Parameter): void {
  if (hasUnknown([value, logins, passwords])) return;
  const keys = Object.keys(logins);
  const withoutUri = keys.find((key) => urisAt(value, key) === undefined);
  if (withoutUri !== undefined)
    inputs.fail('logins', `has the key "${withoutUri}", under which the value holds no URI`);
  const alone = [...new Set([...keys, ...Object.keys(passwords)])].find(
    (key) => !(key in logins && key in passwords),
  );
  if (alone !== undefined) inputs.fail('passwords', `must have the same keys as logins: see "${alone}"`);
}

/** The URIs under a key of the value: one, or a list of them. Undefined where there are none. */
function urisAt(value: JsonValue, key: string): readonly string[] | undefined {
  if (!isTable(value)) return undefined;
  const found = value[key];
  const uris = Array.isArray(found) ? (found as readonly JsonValue[]) : [found];
  const isEvery = uris.every((uri): uri is string => typeof uri === 'string' && isUri(uri));
  return isEvery && uris.length > 0 ? uris : undefined;
}

function withUrisAt(value: JsonValue, key: string, change: (uri: string) => string): JsonValue {
  if (!isTable(value)) return value;
  const uris = (urisAt(value, key) ?? []).map(change);
  return { ...value, [key]: Array.isArray(value[key]) ? uris : (uris[0] ?? null) };
}

/** A key whose URIs hold different logins keeps them. */
function withLoginsApart(parameter: Parameter): Parameter {
  if (hasUnknown(parameter)) return parameter;
  const { logins = {}, passwords = {}, ...rest } = parameter;
  let value = rest.value;
  const found: { logins: Record<string, string>; passwords: Record<string, string> } = {
    logins: { ...logins },
    passwords: { ...passwords },
  };
  for (const key of isTable(value) ? Object.keys(value) : []) {
    // What stands in the URI beside an explicit login is replaced by it.
    if (key in logins) value = withUrisAt(value, key, withoutLogin);
    const parts = urisAt(value, key)?.map(splitLogin) ?? [];
    const login = parts[0]?.login;
    if (login === undefined) continue;
    if (!parts.every((part) => canonicalJson(part?.login ?? null) === canonicalJson(login))) continue;
    found.logins[key] = login.username;
    found.passwords[key] = login.password;
    value = withUrisAt(value, key, (uri) => splitLogin(uri)?.uri ?? uri);
  }
  return { ...rest, value, ...(Object.keys(found.logins).length === 0 ? {} : found) };
}

function withLoginsInside({ logins = {}, passwords = {}, ...parameter }: Parameter): StoredParameter {
  let value = parameter.value;
  for (const [key, username] of Object.entries(logins)) {
    value = withUrisAt(value, key, (uri) => withLogin(uri, { username, password: passwords[key] ?? '' }));
  }
  return { ...parameter, value };
}

/** Whether the properties, in whatever form, say this very parameter. */
function isSame(parameter: Parameter, given: PropertyMap): boolean {
  const inputs = readInputs(given);
  return (
    canonicalJson(parameterType.parse(inputs)) === canonicalJson(parameter) && inputs.failures.length === 0
  );
}

function isTable(value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names may hold slashes. */
function idOf({ vhost, component, name }: Parameter): string {
  return [vhost, component, name].map(encodeURIComponent).join('/');
}

function keyOf(id: string): parameters.ParameterKey {
  const [vhost, component, name, ...more] = id.split('/').map(decoded);
  if (vhost !== undefined && component !== undefined && name !== undefined && more.length === 0) {
    return { vhost, component, name };
  }
  throw new UserError(
    `The id "${id}" is not a parameter's. Write it as VHOST/COMPONENT/NAME, with %2F for a slash in a name, e.g. %2F/shovel/move.`,
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
