/** `warren.GlobalParameter`. */
import type { GlobalParameterObject } from '../../topology/objects';
import type { ResourceType } from '../resourceType';
import * as globalParameters from '../../broker/kinds/globalParameters';
import { canonicalJson } from '../../topology/objects';
import { readInputs } from '../inputs';
import { asWritten, secretsInValue } from './jsonValue';

export const globalParameterType: ResourceType<GlobalParameterObject> = {
  token: 'warren:index:GlobalParameter',
  kind: 'globalParameter',
  secretsIn: secretsInValue,
  properties: { name: 'name', value: 'valueJson' },
  parse: (inputs) => {
    const name = inputs.text('name');
    if (globalParameters.isBrokersOwn(name)) {
      inputs.fail('name', `"${name}" is set by the broker itself, which needs it: use another name`);
    }
    return { kind: 'globalParameter', name, value: inputs.json('valueJson') };
  },
  identity: ({ name }) => ['globalParameter', name],
  id: ({ name }) => name,
  toProperties: (parameter, given) => {
    const isGiven =
      typeof given.valueJson === 'string' &&
      canonicalJson(globalParameterType.parse(readInputs(given))) === canonicalJson(parameter);
    return { name: parameter.name, valueJson: isGiven ? given.valueJson : canonicalJson(parameter.value) };
  },
  create: async ({ session }, parameter) => {
    await globalParameters.put(await session.broker(), parameter);
    return parameter;
  },
  locate: async ({ session }, id) => globalParameters.read(await session.broker(), id),
  find: async (lookup, known) => {
    const found = await lookup.find(known);
    return found && { ...found, value: asWritten(found.value, known.value) };
  },
  update: async ({ session }, parameter) => {
    await globalParameters.put(await session.broker(), parameter);
    return parameter;
  },
  remove: async ({ session }, { name }) => {
    await globalParameters.remove(await session.broker(), name);
  },
};
