/**
 * The resources of a stack as the objects that they make on a broker: read as the providers read them, so that what a
 * program leaves out is what a provider puts there.
 */
import { heldParameter, secretlessArguments } from '../topology/definitions/heldValues';
import { plainBinding } from '../topology/objects';
import type { BrokerObject, ParameterObject, VhostLimitsObject } from '../topology/objects';
import { readInputs } from '../provider/inputs';
import type { Inputs } from '../provider/inputs';
import { bindingType } from '../provider/rabbitmq/binding';
import { exchangeType } from '../provider/rabbitmq/exchange';
import { federationUpstreamType, shovelType } from '../provider/rabbitmq/links';
import { permissionsType } from '../provider/rabbitmq/permissions';
import { operatorPolicyType, policyType } from '../provider/rabbitmq/policy';
import { queueType } from '../provider/rabbitmq/queue';
import { topicPermissionsType } from '../provider/rabbitmq/topicPermissions';
import { userType } from '../provider/rabbitmq/user';
import { vhostType } from '../provider/rabbitmq/vhost';
import { UNKNOWN, hasUnknown } from '../provider/values';
import type { PropertyMap } from '../provider/values';
import { globalParameterType } from '../provider/warren/globalParameter';
import { userLimitsType, vhostLimitsType } from '../provider/warren/limits';
import { parameterType } from '../provider/warren/parameter';
import { vhostSettingsType } from '../provider/warren/vhostSettings';
import { objectsOf } from '../provider/warren/vhostTable';
import { vhostTopologyType } from '../provider/warren/vhostTopology';

export interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly properties: PropertyMap;
  /** Says on which broker it is. */
  readonly provider?: { readonly urn: string; readonly properties: PropertyMap };
}

export interface Reading {
  readonly objects: readonly BrokerObject[];
  /** What is wrong with the properties: the provider would refuse them. */
  readonly faults: readonly string[];
}

type Read = (inputs: Inputs) => readonly BrokerObject[];

const READERS: Readonly<Record<string, Read>> = {
  [vhostType.token]: readVhost,
  [vhostSettingsType.token]: (inputs) => [vhostSettingsType.parse(inputs)],
  [vhostLimitsType.token]: (inputs) => [vhostLimitsType.parse(inputs)],
  [userType.token]: (inputs) => {
    const { kind, name, tags } = userType.parse(inputs);
    return [{ kind, name, tags }];
  },
  [userLimitsType.token]: (inputs) => [userLimitsType.parse(inputs)],
  [permissionsType.token]: (inputs) => [permissionsType.parse(inputs)],
  [topicPermissionsType.token]: (inputs) => [topicPermissionsType.parse(inputs)],
  [exchangeType.token]: (inputs) => [exchangeType.parse(inputs)],
  [queueType.token]: (inputs) => [queueType.parse(inputs)],
  [bindingType.token]: (inputs) => [plainBinding(bindingType.parse(inputs))],
  [policyType.token]: (inputs) => [policyType.parse(inputs)],
  [operatorPolicyType.token]: (inputs) => [operatorPolicyType.parse(inputs)],
  [federationUpstreamType.token]: (inputs) => readLink(federationUpstreamType, inputs),
  [shovelType.token]: (inputs) => readLink(shovelType, inputs),
  [parameterType.token]: (inputs) => {
    const { kind, vhost, component, name, value } = parameterType.parse(inputs);
    return [withoutLogins({ kind, vhost, component, name, value })];
  },
  [globalParameterType.token]: (inputs) => [globalParameterType.parse(inputs)],
  [vhostTopologyType.token]: (inputs) => [
    ...objectsOf(inputs.text('vhost'), inputs.table('objects'), inputs),
  ],
};

/** Undefined for what is no object on a broker. */
export function readResource({ type, properties }: StackResource): Reading | undefined {
  const read = READERS[type];
  if (read === undefined) return undefined;
  const inputs = readInputs(properties);
  const isReadable = isOfTexts(properties.tags);
  const objects = isReadable ? read(inputs) : [];
  if (!isReadable) inputs.fail('tags', 'must be a list of texts');
  for (const object of objects) check(object, inputs);
  const faults = inputs.failures.map(({ property, reason }) => `${property} ${reason}`);
  // A value that isn't known is no fault.
  return { objects, faults: faults.filter((fault) => !fault.includes(UNKNOWN)) };
}

/** The providers leave it to the broker what is in a list, or a table in a table. */
function isOfTexts(tags: unknown): boolean {
  return !Array.isArray(tags) || tags.every((tag) => typeof tag === 'string');
}

function check(object: BrokerObject, inputs: Inputs): void {
  if (object.kind === 'binding' && (object.destinationType as string) === '')
    inputs.fail('destinationType', 'is empty');
  const table = 'arguments' in object ? object.arguments : 'definition' in object ? object.definition : {};
  if (hasUnknown(table)) return;
  for (const { name, why } of secretlessArguments(table).unheld) inputs.fail(name, `can’t be judged: ${why}`);
}

function readVhost(inputs: Inputs): readonly BrokerObject[] {
  const { maxConnections, maxQueues, ...vhost } = vhostType.parse(inputs);
  const limits: VhostLimitsObject = {
    kind: 'vhostLimits',
    vhost: vhost.name,
    ...limit('maxConnections', maxConnections),
    ...limit('maxQueues', maxQueues),
  };
  return [vhost, ...(Object.keys(limits).length === 2 ? [] : [limits])];
}

/** -1 is RabbitMQ's word for no limit. */
function limit(name: 'maxConnections' | 'maxQueues', value: number | undefined): Partial<VhostLimitsObject> {
  return value === undefined || value === -1 ? {} : { [name]: value };
}

function readLink(type: typeof shovelType, inputs: Inputs): readonly BrokerObject[] {
  const link = type.parse(inputs);
  return [hasUnknown(link.value) ? link : withoutLogins(type.onBroker(link))];
}

/** Who logs in where is a matter of the stack. */
function withoutLogins(parameter: ParameterObject): ParameterObject {
  const { component, value } = parameter;
  return hasUnknown(value) ? parameter : { ...parameter, value: heldParameter(component, value).value };
}
