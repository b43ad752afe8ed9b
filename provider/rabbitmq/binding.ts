/** `rabbitmq.Binding`. */
import type { BindingObject } from '../../topology/objects';
import type { Broker } from '../../broker/api/transport';
import type { StoredBinding } from '../../broker/kinds/bindings';
import type { ResourceType } from '../resourceType';
import * as bindings from '../../broker/kinds/bindings';
import { UserError } from '../userError';
import { argumentProperties, parseArguments } from './argumentTables';
import { judgeQueueFirst, takeAway } from './takenBindings';

type Binding = BindingObject & { readonly propertiesKey?: string };

export const bindingType: ResourceType<Binding> = {
  token: 'rabbitmq:index/binding:Binding',
  kind: 'binding',
  computed: ['propertiesKey'],
  properties: {
    vhost: 'vhost',
    source: 'source',
    destination: 'destination',
    destinationType: 'destinationType',
    routingKey: 'routingKey',
    arguments: 'arguments',
  },
  parse: (inputs) => {
    const destinationType = inputs.text('destinationType') as BindingObject['destinationType'];
    if (inputs.has('destinationType') && destinationType.length > 0 && !isDestinationType(destinationType)) {
      inputs.fail('destinationType', 'must be "queue" or "exchange"');
    }
    const propertiesKey = inputs.optionalText('propertiesKey');
    return {
      kind: 'binding',
      vhost: inputs.text('vhost'),
      source: inputs.text('source'),
      destination: inputs.text('destination'),
      destinationType,
      routingKey: inputs.text('routingKey', ''),
      arguments: parseArguments(inputs, 'arguments'),
      ...(propertiesKey === undefined ? {} : { propertiesKey }),
    };
  },
  identity: (binding) => [
    'binding',
    binding.vhost,
    binding.source,
    binding.destinationType,
    binding.destination,
    binding.routingKey,
    JSON.stringify(argumentProperties(binding.arguments, { argumentsJson: '' })),
  ],
  id: bindingId,
  toProperties: (binding, given) => {
    const { vhost, source, destination, destinationType, routingKey, propertiesKey } = binding;
    return {
      vhost,
      source,
      destination,
      destinationType,
      ...(routingKey === '' && given.routingKey === undefined ? {} : { routingKey }),
      ...argumentProperties(binding.arguments, given),
      ...(propertiesKey === undefined ? {} : { propertiesKey }),
    };
  },
  create: async ({ session }, binding) => {
    const propertiesKey = await bindings.put(await session.broker(), binding);
    return { ...binding, propertiesKey };
  },
  locate: async ({ session }, id) => findById(await session.broker(), id),
  find: async (lookup, known) => lookup.find(known),
  update: async ({ session }, binding) => {
    const propertiesKey = await bindings.put(await session.broker(), binding);
    return { ...binding, propertiesKey };
  },
  remove: async (call, binding) => {
    const { session } = call;
    const broker = await session.broker();
    await judgeQueueFirst(call, binding);
    const key = binding.propertiesKey ?? (await bindings.read(broker, binding))?.propertiesKey;
    if (key === undefined) return;
    await takeAway(call, binding, key);
  },
};

function isDestinationType(value: string): boolean {
  return value === 'queue' || value === 'exchange';
}

/** As the bridged provider writes it: only the vhost's percent signs and slashes are encoded. */
function bindingId(binding: BindingObject & { readonly propertiesKey?: string }): string {
  const { source, destination, destinationType, propertiesKey = '' } = binding;
  const vhost = binding.vhost.replaceAll('%', '%25').replaceAll('/', '%2F');
  return [vhost, source, destination, destinationType, propertiesKey].join('/');
}

/** For an import. Names may hold slashes, so the id is looked up among the vhost's bindings, not taken apart. */
async function findById(broker: Broker, id: string): Promise<StoredBinding | undefined> {
  const [vhost] = id.split('/');
  if (vhost === undefined || id.split('/').length < 5) {
    throw new UserError(
      `The id "${id}" is not a binding's. Write it as VHOST/SOURCE/DESTINATION/queue/PROPERTIES_KEY, with %2F for a slash in the vhost.`,
    );
  }
  const name = vhost.replaceAll('%2F', '/').replaceAll('%25', '%');
  const candidates = await bindings.list(broker, name);
  return candidates.find((binding) => bindingId(binding) === id);
}
