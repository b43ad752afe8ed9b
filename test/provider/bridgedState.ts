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

/** Inputs that a program left out are filled in before anything else is done with them. */
const INPUT_DEFAULTS: Readonly<Record<string, Readonly<Record<string, Values>>>> = {
  Exchange: { settings: { durable: false, autoDelete: false } },
  Queue: { settings: { durable: false, autoDelete: false } },
  FederationUpstream: {
    definition: {
      ...{ ackMode: 'on-confirm', prefetchCount: 1000, reconnectDelay: 5, maxHops: 1, trustUserId: false },
    },
  },
  Shovel: {
    info: {
      ...{ ackMode: 'on-confirm', reconnectDelay: 1, destinationAddTimestampHeader: false },
      ...{ sourceProtocol: 'amqp091', destinationProtocol: 'amqp091' },
    },
  },
};

/** As `pulumi stack export --show-secrets` shows a secret. */
const SECRET = { '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270' };

/** The same resource, as the bridged provider would have written it after making it on that broker. */
export function asBridged(resource: StateResource, version: BrokerVersion): StateResource {
  const { id, type } = resource;
  const kind = type.split(':').at(-1) ?? '';
  const inputs = revealed(resource.inputs ?? {}) as Values;
  const outputs = revealed(resource.outputs ?? {}) as Values;
  return {
    ...resource,
    inputs: concealed(kind, withDefaults(kind, inputs)),
    outputs: concealed(kind, { id, ...outputsOf(kind, inputs, outputs, version) }),
  };
}

function withDefaults(kind: string, inputs: Values): Values {
  const parts = Object.entries(INPUT_DEFAULTS[kind] ?? {});
  const filled = parts.map(([name, defaults]) => [
    name,
    { __defaults: [], ...defaults, ...(inputs[name] as Values) },
  ]);
  return { __defaults: [], ...inputs, ...(Object.fromEntries(filled) as Values) };
}

function revealed(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(revealed);
  if (!isTable(value)) return value;
  if (typeof value.plaintext === 'string') return JSON.parse(value.plaintext) as unknown;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item)]));
}

/** Passwords and the URIs of upstreams are secret there; those of shovels are not. */
function concealed(kind: string, values: Values): Values {
  const secret = (value: unknown): Values => ({ ...SECRET, plaintext: JSON.stringify(value) });
  if (kind === 'User') return { ...values, password: secret(values.password) };
  if (kind !== 'FederationUpstream') return values;
  const definition = values.definition as Values;
  return { ...values, definition: { ...definition, uri: secret(definition.uri) } };
}

function outputsOf(kind: string, inputs: Values, outputs: Values, version: BrokerVersion): Values {
  switch (kind) {
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
