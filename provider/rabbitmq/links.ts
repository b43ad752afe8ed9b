/**
 * `rabbitmq.FederationUpstream` and `rabbitmq.Shovel`: parameters whose settings have names, and defaults, of the
 * bridged provider's. Unlike there, a change of a shovel never deletes it first.
 */
import type { StoredParameter } from '../../broker/kinds/parameters';
import type { JsonValue } from '../../topology/objects';
import type { Inputs } from '../inputs';
import type { ResourceType } from '../resourceType';
import * as parameters from '../../broker/kinds/parameters';
import { holdsPassword } from '../../topology/secrets';
import { canonicalJson } from '../../topology/objects';
import { UNKNOWN } from '../values';
import { idInVhost, resolveId } from './ids';

interface Setting {
  /** RabbitMQ's own word. */
  readonly key: string;
  /** `amount` is a number that is written as a text, or another word; `json` a table that is written as a text. */
  readonly value: 'text' | 'uri' | 'integer' | 'flag' | 'amount' | 'json';
  readonly isRequired?: true;
  /** What it is where the program says nothing. Without one, an empty value says nothing either. */
  readonly fallback?: string | number;
  /** What it is where the broker has none, if that is something else. */
  readonly brokersFallback?: number;
}

type Settings = Readonly<Record<string, Setting>>;
/** By the names that the program has for them. */
type Values = Readonly<Record<string, JsonValue>>;
interface Link extends StoredParameter {
  readonly value: Values;
}

const text = (key: string): Setting => ({ key, value: 'text' });
const integer = (key: string): Setting => ({ key, value: 'integer' });
const flag = (key: string): Setting => ({ key, value: 'flag' });
const json = (key: string): Setting => ({ key, value: 'json' });
const amount = (key: string): Setting => ({ key, value: 'amount' });
const uri = (key: string): Setting => ({ key, value: 'uri', isRequired: true });
const ACK_MODE: Setting = { key: 'ack-mode', value: 'text', fallback: 'on-confirm' };

const UPSTREAM: Settings = {
  uri: uri('uri'),
  ackMode: ACK_MODE,
  prefetchCount: { key: 'prefetch-count', value: 'integer', fallback: 1000 },
  reconnectDelay: { key: 'reconnect-delay', value: 'integer', fallback: 5 },
  maxHops: { key: 'max-hops', value: 'integer', fallback: 1 },
  trustUserId: flag('trust-user-id'),
  exchange: text('exchange'),
  queue: text('queue'),
  expires: integer('expires'),
  messageTtl: integer('message-ttl'),
};

const SHOVEL: Settings = {
  sourceUri: uri('src-uri'),
  destinationUri: uri('dest-uri'),
  ackMode: ACK_MODE,
  reconnectDelay: { key: 'reconnect-delay', value: 'integer', fallback: 1, brokersFallback: 5 },
  sourceProtocol: { key: 'src-protocol', value: 'text', fallback: 'amqp091' },
  sourceQueue: text('src-queue'),
  sourceExchange: text('src-exchange'),
  sourceExchangeKey: text('src-exchange-key'),
  sourceAddress: text('src-address'),
  sourcePrefetchCount: integer('src-prefetch-count'),
  sourceDeleteAfter: amount('src-delete-after'),
  destinationProtocol: { key: 'dest-protocol', value: 'text', fallback: 'amqp091' },
  destinationQueue: text('dest-queue'),
  destinationExchange: text('dest-exchange'),
  destinationExchangeKey: text('dest-exchange-key'),
  destinationAddress: text('dest-address'),
  destinationAddForwardHeaders: flag('dest-add-forward-headers'),
  destinationAddTimestampHeader: flag('dest-add-timestamp-header'),
  destinationProperties: json('dest-properties'),
  destinationPublishProperties: json('dest-publish-properties'),
  destinationApplicationProperties: json('dest-application-properties'),
  addForwardHeaders: flag('add-forward-headers'),
  prefetchCount: integer('prefetch-count'),
  deleteAfter: amount('delete-after'),
};

export const federationUpstreamType = linkType({
  token: 'rabbitmq:index/federationUpstream:FederationUpstream',
  component: 'federation-upstream',
  property: 'definition',
  settings: UPSTREAM,
  computed: { component: 'federation-upstream' },
});
export const shovelType = linkType({
  token: 'rabbitmq:index/shovel:Shovel',
  component: 'shovel',
  property: 'info',
  settings: SHOVEL,
  computed: {},
});

interface LinkKind {
  readonly token: string;
  readonly component: string;
  /** The property that holds the settings. */
  readonly property: string;
  readonly settings: Settings;
  /** What only the state has. */
  readonly computed: Readonly<Record<string, string>>;
}

interface LinkType extends ResourceType<Link> {
  /** In RabbitMQ's own words. */
  readonly onBroker: (link: Link) => StoredParameter;
}

function linkType({ token, component, property, settings, computed }: LinkKind): LinkType {
  const onBroker = (link: Link): StoredParameter => ({ ...link, value: toBroker(settings, link.value) });
  const inWordsOfProgram = (stored: StoredParameter | undefined): Link | undefined =>
    stored && { ...stored, value: fromBroker(settings, stored.value) };
  return {
    token,
    onBroker,
    kind: 'parameter',
    isAutonamed: true,
    properties: { name: 'name', vhost: 'vhost', value: property },
    computed: Object.keys(computed),
    secretsIn: ({ [property]: values }) => (holdsPassword((values ?? null) as JsonValue) ? [property] : []),
    parse: (inputs) => ({
      kind: 'parameter',
      name: inputs.text('name'),
      vhost: inputs.text('vhost'),
      component,
      value: fromProgram(settings, inputs, property),
    }),
    identity: ({ vhost, name }) => ['parameter', vhost, component, name],
    id: ({ name, vhost }) => idInVhost(name, vhost),
    toProperties: ({ name, vhost, value }) => ({ name, vhost, [property]: value, ...computed }),
    create: async ({ session }, link) => {
      await parameters.put(await session.broker(), onBroker(link));
      return link;
    },
    locate: async ({ session }, id) => {
      const broker = await session.broker();
      const stored = await resolveId(broker, id, (key) => parameters.read(broker, { ...key, component }));
      return inWordsOfProgram(stored);
    },
    find: async (lookup, known) => inWordsOfProgram(await lookup.find(known)),
    update: async ({ session }, link) => {
      await parameters.put(await session.broker(), onBroker(link));
      return link;
    },
    remove: async ({ session }, link) => {
      await parameters.remove(await session.broker(), link);
    },
  };
}

function fromProgram(settings: Settings, inputs: Inputs, property: string): Values {
  const entries = Object.entries(settings).map(([name, setting]) => {
    const at = `${property}.${name}`;
    return [name, given(inputs, at, setting) ?? setting.fallback] as const;
  });
  return withoutEmpty(settings, entries);
}

function given(inputs: Inputs, at: string, { value, isRequired }: Setting): JsonValue | undefined {
  if (isRequired === true) return inputs.text(at);
  if (value === 'integer') return inputs.optionalInteger(at);
  if (value === 'flag') return inputs.has(at) ? inputs.flag(at, false) : undefined;
  const found = inputs.optionalText(at);
  if (value !== 'json' || found === undefined || found === '' || found === UNKNOWN) return found;
  return canonicalJson(inputs.jsonTable(at));
}

function toBroker(settings: Settings, values: Values): JsonValue {
  const entries = Object.entries(values).map(([name, value]): [string, JsonValue] => {
    const setting = settings[name];
    if (setting === undefined || typeof value !== 'string') return [setting?.key ?? name, value];
    if (setting.value === 'json') return [setting.key, JSON.parse(value) as JsonValue];
    return [setting.key, setting.value === 'amount' && /^\d+$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(entries);
}

/** What the program can't say keeps RabbitMQ's name: it shows as a difference, and goes with the next update. */
function fromBroker(settings: Settings, stored: JsonValue): Values {
  const rest = { ...(stored as Values) };
  const entries = Object.entries(settings).map(([name, setting]) => {
    const value = rest[setting.key];
    // The key is one of the table.
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete rest[setting.key];
    return [
      name,
      value === undefined ? (setting.brokersFallback ?? setting.fallback) : shown(setting, value),
    ] as const;
  });
  return { ...withoutEmpty(settings, entries), ...rest };
}

function shown({ value: kind }: Setting, value: JsonValue): JsonValue {
  if (kind === 'uri' && Array.isArray(value)) return value.join(',');
  if (kind === 'json') return canonicalJson(value);
  return kind === 'amount' && typeof value === 'number' ? String(value) : value;
}

/** The bridged provider writes an empty text, 0 or false where nothing is said. */
function withoutEmpty(
  settings: Settings,
  entries: readonly (readonly [string, JsonValue | undefined])[],
): Values {
  const isSaid = ([name, value]: readonly [string, JsonValue | undefined]): boolean => {
    if (value === undefined) return false;
    const { fallback, isRequired } = settings[name] ?? {};
    return fallback !== undefined || isRequired === true || !(value === '' || value === 0 || value === false);
  };
  return Object.fromEntries(entries.filter(isSaid)) as Values;
}
