/** Compiled objects as the resources that a program would make of them, for tests of the policy pack. */
import type { StackResource } from '../../policy/objects';
import { bindingType } from '../../provider/rabbitmq/binding';
import { exchangeType } from '../../provider/rabbitmq/exchange';
import { permissionsType } from '../../provider/rabbitmq/permissions';
import { operatorPolicyType, policyType } from '../../provider/rabbitmq/policy';
import { queueType } from '../../provider/rabbitmq/queue';
import { topicPermissionsType } from '../../provider/rabbitmq/topicPermissions';
import { userType } from '../../provider/rabbitmq/user';
import { vhostType } from '../../provider/rabbitmq/vhost';
import type { AnyResourceType } from '../../provider/resourceType';
import { globalParameterType } from '../../provider/warren/globalParameter';
import { userLimitsType, vhostLimitsType } from '../../provider/warren/limits';
import { parameterType } from '../../provider/warren/parameter';
import { vhostSettingsType } from '../../provider/warren/vhostSettings';
import type { BrokerObject, BrokerObjectKind } from '../../topology/objects';
import { identityKey } from '../../topology/objects';

const TYPES: Readonly<Record<BrokerObjectKind, AnyResourceType>> = {
  vhost: vhostType,
  vhostLimits: vhostLimitsType,
  user: userType,
  userLimits: userLimitsType,
  permissions: permissionsType,
  topicPermissions: topicPermissionsType,
  policy: policyType,
  operatorPolicy: operatorPolicyType,
  exchange: exchangeType,
  queue: queueType,
  binding: bindingType,
  parameter: parameterType,
  globalParameter: globalParameterType,
};

export const PASSWORD = 'the password of every user of these tests';

export function resourcesOf(objects: readonly BrokerObject[]): StackResource[] {
  return objects.flatMap((object) => {
    const types = object.kind === 'vhost' ? [vhostType, vhostSettingsType] : [TYPES[object.kind]];
    return types.map((type) => resourceOf(object, type));
  });
}

function resourceOf(object: BrokerObject, type: AnyResourceType): StackResource {
  const given = object.kind === 'user' ? { ...object, password: PASSWORD } : object;
  // As it comes from the engine: plain JSON, without what is undefined.
  const properties = JSON.parse(JSON.stringify(type.toProperties(given, {}))) as Record<string, unknown>;
  return resource(type.token, identityKey(object), properties);
}

export function resource(
  type: string,
  name: string,
  properties: Readonly<Record<string, unknown>>,
): StackResource {
  return { urn: `urn:pulumi:test::small::${type}::${name}`, type, name, properties };
}
