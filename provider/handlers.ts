/** The engine's calls: from its messages to plain values and back. */
import type { BrokerSettings } from '../broker/api/endpoint';
import type { Plugin } from './plugin';
import type { Properties, PropertyMap } from './values';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import { canonicalJson } from '../topology/objects';
import { inGivenForm } from './diff';
import { readInputs } from './inputs';
import * as lifecycle from './lifecycle';
import { changesInPlace, checkResponse, configured, diffResponse, struct } from './messages';
import { sessionOf, typeOf } from './plugin';
import {
  SECRET_CONFIG,
  UNSHOWN_CONFIG,
  checkSettings,
  parseCredentials,
  parseProviderConfig,
  withEnvironment,
  type ProviderConfig,
} from './providerConfig';
import { openSession } from './session';
import { UserError } from './userError';
import { decode, encode, hasUnknown } from './values';

type Encoded = Parameters<typeof decode>[0];

/** The engine shows the value of a property that a failure names, and these may hold a password. */
const QUIET_CONFIG = ['endpoint', 'endpoints'];

export function checkConfig(plugin: Plugin, request: pb.CheckRequest): pb.CheckResponse {
  const news = decode(request.getNews());
  const values = withEnvironment(news.values, plugin.environment);
  const inputs = readInputs(values);
  const config = parseProviderConfig(inputs, plugin.environment);
  if (inputs.failures.length === 0) checkSettings(inputs, config.settings);
  const secrets = new Set([...news.secrets, ...SECRET_CONFIG]);
  return checkResponse({ values, secrets }, inputs.failures, QUIET_CONFIG);
}

/** Another endpoint or another password never replaces a provider: that would replace every resource it manages. */
export function diffConfig(plugin: Plugin, request: pb.DiffRequest): pb.DiffResponse {
  const olds = decode(request.getOldInputs() ?? request.getOlds()).values;
  const news = decode(request.getNews()).values;
  plugin.seen = {
    formerLogins: parseCredentials(readInputs(olds)),
    requireBroker: readInputs(news).flag('requireBroker', false),
    ...(isSameCluster(olds, news) ? { former: olds } : {}),
  };
  // Without them the administrator gets in alone. Others are a change, or the engine would go on with the old ones.
  const isUnshown = (name: string): boolean =>
    UNSHOWN_CONFIG.has(name) || (name === 'fallbackCredentials' && news[name] === undefined);
  return diffResponse({
    changes: changesInPlace(olds, news, (name) => !isUnshown(name)),
    deleteBeforeReplace: false,
  });
}

/** Only where both name it: another endpoint may as well be another broker. */
function isSameCluster(olds: PropertyMap, news: PropertyMap): boolean {
  const { ownCluster } = news;
  return typeof ownCluster === 'string' && ownCluster !== '' && olds.ownCluster === ownCluster;
}

/** Undefined where the state's provider reached the broker as this one does, or can't be read any more. */
function formerSettings(
  { seen, environment }: Plugin,
  { settings }: ProviderConfig,
): BrokerSettings | undefined {
  if (seen?.former === undefined || hasUnknown(seen.former)) return undefined;
  const inputs = readInputs(seen.former);
  const former = parseProviderConfig(inputs, environment).settings;
  if (inputs.failures.length === 0) checkSettings(inputs, former);
  // Who logs in is another matter.
  const nobody = { username: '', password: '' };
  const isSameWay = canonicalJson({ ...former, ...nobody }) === canonicalJson({ ...settings, ...nobody });
  return inputs.failures.length > 0 || isSameWay ? undefined : former;
}

export function configure(plugin: Plugin, request: pb.ConfigureRequest): pb.ConfigureResponse {
  const { values } = decode(request.getArgs());
  if (hasUnknown(values)) return configured();
  const inputs = readInputs(withEnvironment(values, plugin.environment));
  const config = parseProviderConfig(inputs, plugin.environment);
  if (inputs.failures.length === 0) checkSettings(inputs, config.settings);
  if (inputs.failures.length > 0) {
    const faults = inputs.failures.map(({ property, reason }) => `${property}: ${reason}`).join('; ');
    throw new UserError(`The provider "${plugin.package.name}" can't be used: ${faults}`);
  }
  // A preview that comes before the administrator is there reads as whoever adopted the stack.
  const fallbackCredentials =
    config.fallbackCredentials.length > 0 ? config.fallbackCredentials : (plugin.seen?.formerLogins ?? []);
  const requireBroker = plugin.seen?.requireBroker ?? config.requireBroker;
  const former = formerSettings(plugin, config);
  plugin.session = openSession(
    { ...config, fallbackCredentials, requireBroker, ...(former === undefined ? {} : { former }) },
    plugin.onWait,
  );
  if (plugin.isCancelled) plugin.session.cancel();
  return configured();
}

export function check(plugin: Plugin, request: pb.CheckRequest): pb.CheckResponse {
  const { inputs, failures } = lifecycle.check(
    plugin,
    request.getUrn(),
    decode(request.getNews()),
    decode(request.getOlds()).values,
    request.getRandomseed_asU8(),
  );
  return checkResponse(inputs, failures);
}

export async function diff(plugin: Plugin, request: pb.DiffRequest): Promise<pb.DiffResponse> {
  const state = ownState(plugin, request.getUrn(), request.getOlds(), request.getOldInputs());
  const news = decode(request.getNews());
  const ignored = request.getIgnorechangesList();
  forget(request);
  const difference = await lifecycle.diff(plugin, request.getUrn(), { state, news, ignored });
  const { deleteBeforeReplace, isGone, isUnfinished } = difference;
  const changes = inGivenForm(difference.changes, state.values, news.values);
  return diffResponse({
    changes,
    deleteBeforeReplace,
    isUnfinished: isGone === true || isUnfinished === true,
  });
}

export async function create(plugin: Plugin, request: pb.CreateRequest): Promise<pb.CreateResponse> {
  const inputs = decode(request.getProperties());
  const result = await lifecycle.create(plugin, request.getUrn(), inputs, request.getPreview());
  const response = new pb.CreateResponse();
  response.setId(result.id);
  response.setProperties(struct(result.state));
  return response;
}

export async function read(plugin: Plugin, request: pb.ReadRequest): Promise<pb.ReadResponse> {
  const state = ownState(plugin, request.getUrn(), request.getProperties(), request.getInputs());
  const oldInputs = decode(request.getInputs());
  const response = new pb.ReadResponse();
  const result = await lifecycle.read(plugin, request.getUrn(), {
    id: request.getId(),
    state,
    isRefresh: Object.keys(oldInputs.values).length > 0,
  });
  // An empty id says that the object is gone.
  if (result === undefined) return response;
  response.setId(result.id);
  response.setProperties(struct(result.state));
  const isSame = canonicalJson(result.state.values) === canonicalJson(state.values);
  const secrets = new Set([...oldInputs.secrets, ...result.state.secrets]);
  const values = isSame
    ? oldInputs.values
    : inputsOf(result.state.values, typeOf(plugin, request.getUrn()).computed);
  response.setInputs(struct({ values, secrets }));
  return response;
}

/** Inputs for an object that was found: its state without what no program gives. */
function inputsOf(state: PropertyMap, computed: readonly string[] = []): PropertyMap {
  return Object.fromEntries(Object.entries(state).filter(([name]) => !computed.includes(name)));
}

export async function update(plugin: Plugin, request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
  const state = ownState(plugin, request.getUrn(), request.getOlds(), request.getOldInputs()).values;
  const news = decode(request.getNews());
  forget(request);
  const isPreview = request.getPreview();
  const result = await lifecycle.update(plugin, request.getUrn(), {
    id: request.getId(),
    state,
    news,
    isPreview,
  });
  const response = new pb.UpdateResponse();
  response.setProperties(struct(result.state));
  return response;
}

export async function remove(plugin: Plugin, request: pb.DeleteRequest): Promise<Empty> {
  await lifecycle.remove(plugin, request.getUrn(), decode(request.getProperties()).values);
  return new Empty();
}

export async function invoke(plugin: Plugin, request: pb.InvokeRequest): Promise<pb.InvokeResponse> {
  const ask = plugin.package.functions?.[request.getTok()];
  if (ask === undefined)
    throw new UserError(`The provider "${plugin.package.name}" has no function ${request.getTok()}.`);
  const response = new pb.InvokeResponse();
  response.setReturn(encode(await ask(sessionOf(plugin)), new Set()));
  return response;
}

export function cancel(plugin: Plugin): Empty {
  plugin.isCancelled = true;
  plugin.session?.cancel();
  return new Empty();
}

/** What the state says, as we would have written it. */
function ownState(plugin: Plugin, urn: string, state: Encoded, inputs: Encoded): Properties {
  const properties = decode(state);
  const type = typeOf(plugin, urn);
  // The inputs of other types are as large, and of no use.
  if (type.ownState === undefined) return properties;
  return { ...properties, values: type.ownState(properties.values, decode(inputs).values) };
}

/** The call keeps its request until it is answered: thrice the size of what was read from it. */
function forget(request: pb.DiffRequest | pb.UpdateRequest): void {
  request.clearOlds();
  request.clearOldInputs();
  request.clearNews();
}
