/**
 * How Pulumi's bridged `rabbitmq` provider 3.3.8 keeps a resource, as far as that differs from ours. Observed, and
 * compared with that provider itself where it is installed (interchange.test.ts).
 */
import { canonicalJson } from '../../topology/objects';
import type { BrokerVersion } from '../rigs/brokers';
import type { StateResource } from './everyKindStack';

type Values = Readonly<Record<string, unknown>>;

/** In outputs, what nobody gave is there with its type's empty value. */
const LINK_ZEROS: Readonly<Record<string, Values>> = {
  definition: { exchange: '', queue: '', expires: 0, messageTtl: 0, trustUserId: false },
  info: {
    ...{ addForwardHeaders: false, deleteAfter: '', destinationAddForwardHeaders: false },
    ...{ destinationAddTimestampHeader: false, destinationAddress: '', destinationApplicationProperties: '' },
    ...{ destinationExchange: '', destinationExchangeKey: '', destinationProperties: '' },
    ...{ destinationPublishProperties: '', destinationQueue: '', prefetchCount: 0, sourceAddress: '' },
    ...{ sourceDeleteAfter: '', sourceExchange: '', sourceExchangeKey: '', sourcePrefetchCount: 0 },
    sourceQueue: '',
  },
};

/** The same resource, as the bridged provider would have written it after making it on that broker. */
export function asBridged(resource: StateResource, version: BrokerVersion): StateResource {
  const { id, inputs = {}, outputs = {} } = resource;
  return {
    ...resource,
    inputs: withDefaultsNoted(inputs) as Values,
    outputs: { id, ...outputsOf(resource.type, inputs, outputs, version) },
  };
}

/** Next to the properties of every object it notes which ones the program left out; values of tables are no properties. */
function withDefaultsNoted(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaultsNoted(item));
  if (!isTable(value) || name === 'arguments' || name === 'password' || name === 'uri') return value;
  if (typeof value['4dabf18193072939515e22adb298388d'] === 'string') return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key === 'definition' && 'pattern' in value ? item : withDefaultsNoted(item, key),
  ]);
  return { __defaults: [], ...Object.fromEntries(entries) };
}

function outputsOf(type: string, inputs: Values, outputs: Values, version: BrokerVersion): Values {
  switch (type.split(':').at(-1)) {
    case 'User':
      return { ...outputs, tags: inputs.tags ?? null };
    case 'Exchange':
      return { ...outputs, settings: { arguments: null, ...(outputs.settings as Values) } };
    case 'Queue':
      return { ...outputs, settings: queueSettings(outputs.settings as Values, version) };
    case 'Binding': {
      const { argumentsJson } = outputs;
      const json = typeof argumentsJson === 'string' ? canonicalJson(JSON.parse(argumentsJson)) : null;
      return { arguments: null, routingKey: '', ...outputs, argumentsJson: json };
    }
    case 'FederationUpstream':
      return withZeros(outputs, 'definition');
    case 'Shovel':
      return withZeros(outputs, 'info');
    default:
      return outputs;
  }
}

/** Read from the broker, which from 4.0 on adds the type; a JSON text stays one, a table stands beside an empty one. */
function queueSettings({ argumentsJson, ...settings }: Values, version: BrokerVersion): Values {
  const added = version === '3.10' ? {} : { 'x-queue-type': 'classic' };
  if (typeof argumentsJson === 'string') {
    const table = { ...added, ...(JSON.parse(argumentsJson) as Values) };
    return { ...settings, arguments: null, argumentsJson: canonicalJson(table) };
  }
  const table = { ...added, ...(settings.arguments as Values | undefined) };
  const isEmpty = Object.keys(table).length === 0;
  return { ...settings, arguments: isEmpty ? null : table, argumentsJson: '' };
}

function withZeros(outputs: Values, property: string): Values {
  return { ...outputs, [property]: { ...LINK_ZEROS[property], ...(outputs[property] as Values) } };
}

function isTable(value: unknown): value is Values {
  return typeof value === 'object' && value !== null;
}
