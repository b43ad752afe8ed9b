/** `rabbitmq.Policy` and `rabbitmq.OperatorPolicy`: the same shape twice. */
import type { PolicyApplyTo, PolicyObject } from '../../topology/objects';
import type { ResourceType } from '../resourceType';
import * as policies from '../../broker/kinds/policies';
import { definitionProperties, parseDefinition } from './argumentTables';
import { idInVhost, resolveId } from './ids';

export const policyType = policyTypeOf('policy', 'rabbitmq:index/policy:Policy');
export const operatorPolicyType = policyTypeOf(
  'operatorPolicy',
  'rabbitmq:index/operatorPolicy:OperatorPolicy',
);

function policyTypeOf(kind: PolicyObject['kind'], token: string): ResourceType<PolicyObject> {
  return {
    token,
    kind,
    isAutonamed: true,
    properties: {
      name: 'name',
      vhost: 'vhost',
      pattern: 'policy.pattern',
      applyTo: 'policy.applyTo',
      priority: 'policy.priority',
      definition: 'policy.definition',
    },
    parse: (inputs) => ({
      kind,
      name: inputs.text('name'),
      vhost: inputs.text('vhost'),
      pattern: inputs.text('policy.pattern'),
      applyTo: inputs.text('policy.applyTo') as PolicyApplyTo,
      priority: inputs.integer('policy.priority'),
      definition: parseDefinition(inputs, 'policy.definition'),
    }),
    identity: ({ vhost, name }) => [kind, vhost, name],
    id: ({ name, vhost }) => idInVhost(name, vhost),
    toProperties: ({ name, vhost, pattern, applyTo, priority, definition }) => ({
      name,
      vhost,
      policy: { pattern, applyTo, priority, definition: definitionProperties(definition) },
    }),
    create: async ({ session }, policy) => {
      await policies.put(await session.broker(), policy);
      return policy;
    },
    locate: async ({ session }, id) => {
      const broker = await session.broker();
      return resolveId(broker, id, ({ name, vhost }) => policies.read(broker, kind, vhost, name));
    },
    find: async (lookup, known) => lookup.find(known),
    update: async ({ session }, policy) => {
      await policies.put(await session.broker(), policy);
      return policy;
    },
    remove: async ({ session }, { vhost, name }) => {
      await policies.remove(await session.broker(), kind, vhost, name);
    },
  };
}
