/** The engine's calls, answered for all kinds of Docker objects alike. */
import type { PluginHost, Service } from '../../serve';
import type { Properties, PropertyMap } from '../../values';
import type { Call, DockerType, Drift, Made } from './resource';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import { Incomplete, PartialResult } from '../../incomplete';
import {
  checkResponse,
  configured,
  diffResponse,
  handshake,
  pluginInfo,
  schemaOf,
  struct,
  type PackageName,
} from '../../messages';
import { automaticName, typeTokenOf } from '../../urns';
import { UserError } from '../../userError';
import { decode, hasUnknown, withoutBookkeeping } from '../../values';
import { SECRET_CONFIG, changedConfig, checkConfig, openConfigured } from './config';
import { isEngineError, timeoutError } from '../../../dockerApi/errors';
import type { Engine } from '../../../dockerApi/transport';
import { checkProperties, defaultOf, isNothing } from './properties/check';
import { compareProperties } from './properties/compare';
import { redacting, type Redact } from '../../redaction';
import { readState, stamped } from './state';

/** The genuine plugin keeps the inputs of an image among its outputs. */
const ALWAYS_SECRET = ['__inputs'];

interface Plugin extends PluginHost {
  readonly types: readonly DockerType[];
  engine?: Engine;
  isCancelled: boolean;
  /** A comparison found that it can't be asked. */
  isAway: boolean;
}

export function openService(name: PackageName, types: readonly DockerType[], host: PluginHost): Service {
  const plugin: Plugin = { ...host, types, isCancelled: false, isAway: false };
  const tokens = types.map(({ token }) => token);
  return {
    methods: {
      handshake,
      getPluginInfo: () => pluginInfo(name),
      getSchema: () => schemaOf(name, tokens),
      checkConfig: (request: pb.CheckRequest) => {
        const { values, secrets } = decode(request.getNews());
        const inputs = { values, secrets: new Set([...secrets, ...SECRET_CONFIG]) };
        return checkResponse(inputs, checkConfig(values));
      },
      diffConfig: (request: pb.DiffRequest) => {
        const olds = decode(request.getOldInputs() ?? request.getOlds()).values;
        const changes = changedConfig(olds, decode(request.getNews()).values);
        return diffResponse({ changes, deleteBeforeReplace: false });
      },
      configure: (request: pb.ConfigureRequest) => {
        const { values } = decode(request.getArgs());
        if (hasUnknown(values)) return configured();
        plugin.engine = openConfigured(values);
        if (plugin.isCancelled) plugin.engine.cancel();
        return configured();
      },
      check: (request: pb.CheckRequest) => check(plugin, request),
      diff: (request: pb.DiffRequest) => diff(plugin, request),
      create: (request: pb.CreateRequest) => create(plugin, request),
      read: (request: pb.ReadRequest) => read(plugin, request),
      update: (request: pb.UpdateRequest) => update(plugin, request),
      delete: (request: pb.DeleteRequest) => remove(plugin, request),
      invoke: (request: pb.InvokeRequest) => {
        throw new UserError(`Warren's offline docker plugin has no function ${request.getTok()}. ${GENUINE}`);
      },
      cancel: () => {
        plugin.isCancelled = true;
        plugin.engine?.cancel();
        return new Empty();
      },
      attach: () => new Empty(),
    },
  };
}

const LOOK_TIMEOUT_MS = 10_000;
const GENUINE = 'The genuine plugin may: `pulumi plugin install resource docker`.';

function typeOf({ types }: Plugin, urn: string): DockerType {
  const token = typeTokenOf(urn);
  const found = types.find((type) => type.token === token);
  if (found !== undefined) return found;
  const known = types.map((type) => type.token).join(', ');
  throw new UserError(
    `Warren's offline docker plugin has no resource type ${token}. It has: ${known}. ${GENUINE}`,
  );
}

function check(plugin: Plugin, request: pb.CheckRequest): pb.CheckResponse {
  const type = typeOf(plugin, request.getUrn());
  const news = decode(request.getNews());
  const olds = decode(request.getOlds()).values;
  const isNamed = !type.isAutonamed || news.values.name !== undefined;
  // The genuine plugin notes it in the same place.
  const automatic = isNamed
    ? {}
    : {
        name: olds.name ?? automaticName(request.getUrn(), request.getRandomseed_asU8()),
        __defaults: ['name'],
      };
  const checked = checkProperties(type.fields, { ...news.values, ...automatic });
  const isRight = checked.failures.length === 0 && type.complete !== undefined;
  const { values, failures } = isRight ? (type.complete?.(checked.values) ?? checked) : checked;
  const inputs = isNamed ? values : { ...values, __defaults: automatic.__defaults };
  return checkResponse({ values: inputs, secrets: news.secrets }, failures);
}

async function diff(plugin: Plugin, request: pb.DiffRequest): Promise<pb.DiffResponse> {
  const type = typeOf(plugin, request.getUrn());
  const known = readState(type, decode(request.getOlds()).values);
  const { state, isGone } = await driftOf(plugin, type, request, known);
  if (isGone) {
    const changes = [{ path: 'name', kind: 'update', isReplacement: true }] as const;
    return diffResponse({ changes, deleteBeforeReplace: true });
  }
  const news = decode(request.getNews()).values;
  const before = type.compared?.(state) ?? state;
  const changes = compareProperties(type.fields, before, news);
  const isReplaced = changes.some(({ isReplacement }) => isReplacement);
  // A name of the program's own would be taken; an automatic one is a new one each time.
  const isSameName = type.isAutonamed && news.name === before.name && !isAutomaticallyNamed(news);
  return diffResponse({
    changes,
    deleteBeforeReplace: isReplaced && (type.isDeletedFirst || isSameName),
  });
}

/** An engine that can't be asked is told of once: a preview works without it. */
async function driftOf(
  plugin: Plugin,
  type: DockerType,
  request: pb.DiffRequest,
  state: PropertyMap,
): Promise<Drift> {
  const id = request.getId();
  if (type.drift === undefined || id === '' || plugin.engine === undefined || plugin.isAway) {
    return { state, isGone: false };
  }
  const { call } = callOf(plugin, request.getUrn(), [request.getOlds(), request.getNews()]);
  try {
    return await Promise.race([type.drift(call, id, state), tooLate(plugin.engine)]);
  } catch (error) {
    if (!isEngineError(error) || error.kind === 'cancelled') throw error;
    if (isFirstFailure(plugin)) {
      await call.warn(`Only the state was compared, not what became of the containers. ${error.message}`);
    }
    return { state, isGone: false };
  }
}

/** A comparison doesn't wait long for an engine that hangs. */
async function tooLate(engine: Engine): Promise<never> {
  const action = 'look at the containers';
  await engine.pause(LOOK_TIMEOUT_MS, action);
  throw timeoutError({ action, host: engine.host }, LOOK_TIMEOUT_MS);
}

/** Comparisons run side by side. */
function isFirstFailure(plugin: Plugin): boolean {
  const isFirst = !plugin.isAway;
  plugin.isAway = true;
  return isFirst;
}

function isAutomaticallyNamed({ __defaults: names }: PropertyMap): boolean {
  return Array.isArray(names) && names.includes('name');
}

async function create(plugin: Plugin, request: pb.CreateRequest): Promise<pb.CreateResponse> {
  const type = typeOf(plugin, request.getUrn());
  const inputs = decode(request.getProperties());
  const response = new pb.CreateResponse();
  if (request.getPreview()) {
    response.setProperties(struct({ ...inputs, values: withoutBookkeeping(inputs.values) }));
    return response;
  }
  const { call, redact } = callOf(plugin, request.getUrn(), [request.getProperties()]);
  const made = await guarded(type, inputs, redact, () =>
    type.create(call, withoutBookkeeping(inputs.values)),
  );
  response.setId(made.id);
  response.setProperties(struct(stateProperties(type, made, inputs)));
  return response;
}

async function read(plugin: Plugin, request: pb.ReadRequest): Promise<pb.ReadResponse> {
  const type = typeOf(plugin, request.getUrn());
  const state = decode(request.getProperties());
  const oldInputs = decode(request.getInputs());
  const isImport = Object.keys(state.values).length === 0;
  const { call, redact } = callOf(plugin, request.getUrn(), [request.getProperties()]);
  const found = await guarded(type, state, redact, () =>
    type.read(call, request.getId(), isImport ? undefined : readState(type, state.values)),
  );
  const response = new pb.ReadResponse();
  // An empty id says that the object is gone.
  if (found === undefined) return response;
  const secrets = new Set([...state.secrets, ...oldInputs.secrets]);
  const given = isImport ? importedInputs(type, found.state) : oldInputs.values;
  response.setId(found.id);
  response.setProperties(struct(stateProperties(type, found, { ...state, secrets })));
  response.setInputs(struct({ values: given, secrets }));
  return response;
}

/** What a program has to say for an object that was found: what it would not have anyway. */
function importedInputs(type: DockerType, state: PropertyMap): PropertyMap {
  const given = Object.entries(type.fields).filter(([name, field]) => {
    const isOwnValue = field.isComputed === true && field.isRequired !== true;
    return !isOwnValue && !(isNothing(state[name]) && defaultOf(field) === undefined);
  });
  return Object.fromEntries(given.map(([name]) => [name, state[name]]));
}

async function update(plugin: Plugin, request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
  const type = typeOf(plugin, request.getUrn());
  const state = readState(type, decode(request.getOlds()).values);
  const news = decode(request.getNews());
  const values = withoutBookkeeping(news.values);
  const response = new pb.UpdateResponse();
  const id = request.getId();
  if (request.getPreview()) {
    response.setProperties(struct(stateProperties(type, { id, state: { ...state, ...values } }, news)));
    return response;
  }
  const { call, redact } = callOf(plugin, request.getUrn(), [request.getNews(), request.getOlds()]);
  const made = await guarded(type, news, redact, async () => ({
    id,
    state: await type.update(call, { id, state }, values),
  }));
  response.setProperties(struct(stateProperties(type, made, news)));
  return response;
}

async function remove(plugin: Plugin, request: pb.DeleteRequest): Promise<Empty> {
  const type = typeOf(plugin, request.getUrn());
  const properties = decode(request.getProperties());
  const state = readState(type, properties.values);
  const { call, redact } = callOf(plugin, request.getUrn(), [request.getProperties()]);
  await guarded(type, properties, redact, () => type.remove(call, { id: request.getId(), state }));
  return new Empty();
}

function stateProperties(type: DockerType, { state }: Made, given: Properties): Properties {
  const secrets = new Set([...given.secrets, ...ALWAYS_SECRET.filter((name) => name in state)]);
  // A program may print what it was told in confidence.
  if (secrets.size > 0 && typeof state.containerLogs === 'string') secrets.add('containerLogs');
  return { values: stamped(type, state), secrets };
}

function callOf(
  plugin: Plugin,
  urn: string,
  messages: Parameters<typeof redacting>[0],
): { readonly call: Call; readonly redact: Redact } {
  if (plugin.engine === undefined) {
    throw new UserError('The provider "docker" is not configured: its inputs are not known yet.');
  }
  const redact = redacting(messages);
  return {
    redact,
    call: {
      engine: plugin.engine,
      warn: (message) => plugin.log('warning', redact(message), urn),
      status: (message) => {
        plugin.onWait(redact(message));
      },
    },
  };
}

/** What was done before a failure becomes the state, and no secret gets into the message. */
async function guarded<T>(
  type: DockerType,
  given: Properties,
  redact: Redact,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Incomplete) {
      const { id, object, reasons } = error as Incomplete<PropertyMap>;
      const state = stateProperties(type, { id, state: object }, given);
      throw new PartialResult({ id, state }, reasons.map(redact));
    }
    throw new UserError(redact(error instanceof Error ? error.message : String(error)));
  }
}
