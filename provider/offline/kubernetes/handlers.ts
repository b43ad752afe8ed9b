/** Check, diff, create, read, update and delete: from the engine's messages to objects and back. */
import type { PluginHost } from '../../serve';
import type { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import { isOutage, timeoutError } from '../../../kubernetesApi/errors';
import { find, type KubernetesObject } from '../../../kubernetesApi/objects';
import { Incomplete, PartialResult } from '../../incomplete';
import { checkResponse, diffResponse, type Difference } from '../../messages';
import { redacting, type Redact } from '../../redaction';
import { typeTokenOf } from '../../urns';
import { UserError } from '../../userError';
import { decode, encode, type PropertyMap } from '../../values';
import {
  create as createObject,
  foreseeCreate,
  foreseeUpdate,
  guessOf,
  update as updateObject,
} from './apply';
import { timeoutMsOf } from './awaits/index';
import { parseId, referenceTo, type Call } from './call';
import { checkObject } from './check';
import { isReplacement, knownDifference, serverDifference, type Comparison } from './diff';
import { inputsOf, stateForm } from './object';
import { isTable } from './paths';
import { remove as removeObject } from './remove';
import { isSecretAt, marked, secretsOf, type Secrets } from './secrets';
import { managerOf, ownManager, readState, stateOf } from './state';
import { objectToken, unknownToken } from './tokens';

export interface Plugin extends PluginHost {
  session?: Pick<Call, 'cluster' | 'kinds' | 'settings'>;
  isCancelled: boolean;
  /** A comparison found that the cluster can't be asked. */
  isAway: boolean;
}

/** A comparison doesn't wait long for a cluster that hangs. */
const LOOK_TIMEOUT_MS = 15_000;

const DELETE_UNREACHABLE =
  'If that cluster is gone for good, take what was in it out of the state: deleteUnreachable of the provider, or PULUMI_K8S_DELETE_UNREACHABLE=true.';

export async function check(plugin: Plugin, request: pb.CheckRequest): Promise<pb.CheckResponse> {
  const news = decode(request.getNews()).values;
  refuseOthers(request.getUrn(), news);
  const { call } = callOf(plugin, request.getUrn(), [request.getNews()]);
  const { values, failures } = await checkObject(call, news, decode(request.getOlds()).values, {
    urn: request.getUrn(),
    seed: request.getRandomseed_asU8(),
    options: request.getAutonaming(),
  });
  const secrets = secretsOf(request.getNews());
  const quiet = failures
    .map(({ property }) => property)
    .filter((property) => isSecretAt(values, secrets, property));
  return checkResponse({ values: marked(values, secrets), secrets: new Set() }, failures, quiet);
}

/** Whatever is no object by itself. */
function refuseOthers(urn: string, news: PropertyMap): void {
  const token = typeTokenOf(urn);
  const { kind } = objectToken(token);
  if (kind.endsWith('Patch') && news.kind !== kind) {
    throw unknownToken(
      token,
      'It owns objects as a whole: write the object itself, with the fields that are yours. ',
    );
  }
  if (kind.endsWith('List') && (kind === 'List' || news.items !== undefined)) {
    throw unknownToken(token, "Lists can't be made: write their objects one by one. ");
  }
}

export async function diff(plugin: Plugin, request: pb.DiffRequest): Promise<pb.DiffResponse> {
  const urn = request.getUrn();
  const { call } = callOf(plugin, urn, [request.getOlds(), request.getNews()]);
  const comparison: Comparison = {
    state: readState(urn, decode(request.getOlds()).values),
    news: decode(request.getNews()).values,
    ignored: request.getIgnorechangesList(),
    settings: call.settings,
  };
  const known = knownDifference(comparison);
  if (plugin.isAway) return diffResponse(whenAway(call, known));
  try {
    const asked = serverDifference(call, comparison, known);
    return diffResponse(await Promise.race([asked, tooLate(call)]));
  } catch (error) {
    if (!isOutage(error)) throw error;
    if (isFirstFailure(plugin))
      await call.warn(`Only the state was compared, not what became of the objects. ${error.message}`);
    return diffResponse(whenAway(call, known));
  }
}

function whenAway({ settings }: Call, known: Difference): Difference {
  return settings.skipUpdateUnreachable && !isReplacement(known) ? { ...known, changes: [] } : known;
}

/** Comparisons run side by side. */
function isFirstFailure(plugin: Plugin): boolean {
  const isFirst = !plugin.isAway;
  plugin.isAway = true;
  return isFirst;
}

async function tooLate({ cluster }: Call): Promise<never> {
  const action = 'look at the objects';
  await cluster.pause(LOOK_TIMEOUT_MS, action);
  throw timeoutError({ action, server: cluster.server }, LOOK_TIMEOUT_MS);
}

export async function create(plugin: Plugin, request: pb.CreateRequest): Promise<pb.CreateResponse> {
  const inputs = decode(request.getProperties()).values;
  const secrets = secretsOf(request.getProperties());
  const { call, redact } = callOf(plugin, request.getUrn(), [request.getProperties()]);
  const timeoutMs = timeoutMsOf(inputs, request.getTimeout());
  const wanted = { inputs, manager: ownManager(request.getUrn(), inputs), timeoutMs };
  const response = new pb.CreateResponse();
  if (request.getPreview()) {
    const foreseen = await guarded(secrets, redact, () => foresee(plugin, call, wanted));
    response.setProperties(encode(marked(foreseen, secrets), new Set()));
    return response;
  }
  const made = await guarded(secrets, redact, () => createObject(call, wanted));
  response.setId(made.id);
  response.setProperties(encode(marked(made.state, secrets), new Set()));
  return response;
}

/** A preview works without a cluster, too; that it can't be asked is told once. */
async function foresee(
  plugin: Plugin,
  call: Call,
  wanted: Parameters<typeof foreseeCreate>[1],
): Promise<PropertyMap> {
  if (plugin.isAway) return guessOf(wanted.inputs);
  try {
    return await foreseeCreate(call, wanted);
  } catch (error) {
    if (!isOutage(error)) throw error;
    if (isFirstFailure(plugin))
      await call.warn(`What the cluster makes of the objects is not known. ${error.message}`);
    return guessOf(wanted.inputs);
  }
}

export async function read(plugin: Plugin, request: pb.ReadRequest): Promise<pb.ReadResponse> {
  const urn = request.getUrn();
  const known = decode(request.getProperties()).values;
  const oldInputs = decode(request.getInputs()).values;
  const isImport = Object.keys(known).length === 0;
  const state = isImport ? undefined : readState(urn, known);
  const { namespace, name } = parseId(request.getId());
  const { apiVersion, kind } = state?.live ?? objectToken(typeTokenOf(urn));
  const secrets = secretsOf(request.getProperties(), request.getInputs());
  const { call, redact } = callOf(plugin, urn, [request.getProperties()]);
  const response = new pb.ReadResponse();
  const live = await guarded(secrets, redact, () =>
    found(call, { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } }),
  );
  // An empty id says that the object is gone.
  if (live === undefined) return response;
  const inputs = state === undefined ? inputsOf(live) : asThere(oldInputs, stateForm(live));
  const manager = state?.manager ?? ownManager(urn, inputs);
  const initialApiVersion = state?.initialApiVersion ?? live.apiVersion;
  response.setId(request.getId());
  const properties = stateOf({ inputs, live, manager, initialApiVersion });
  response.setProperties(encode(marked(properties, secrets), new Set()));
  response.setInputs(encode(marked(inputs, secrets), new Set()));
  return response;
}

/** @throws UserError when the cluster can't be asked: what can't be asked for is not gone */
async function found(call: Call, values: PropertyMap): Promise<KubernetesObject | undefined> {
  try {
    const reference = await referenceTo(call, values);
    return reference === undefined ? undefined : await find(call.cluster, reference);
  } catch (error) {
    if (!isOutage(error)) throw error;
    if (!call.settings.deleteUnreachable) throw new UserError(`${error.message} ${DELETE_UNREACHABLE}`);
    await call.warn(`Taken out of the state without being asked for (deleteUnreachable). ${error.message}`);
    return undefined;
  }
}

/** What the program says, with the values that are there now. */
function asThere(inputs: unknown, live: unknown): PropertyMap {
  return pruned(inputs, live) as PropertyMap;
}

function pruned(inputs: unknown, live: unknown): unknown {
  if (isTable(inputs) && isTable(live)) {
    const entries = Object.entries(inputs)
      // A Secret's texts come back encoded, under another name.
      .filter(([name]) => live[name] !== undefined || name === 'stringData')
      .map(([name, item]) => [name, name in live ? pruned(item, live[name]) : item]);
    return Object.fromEntries(entries);
  }
  if (Array.isArray(inputs) && Array.isArray(live) && inputs.length === live.length) {
    return inputs.map((item, index) => pruned(item, live[index]));
  }
  return live;
}

export async function update(plugin: Plugin, request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
  const urn = request.getUrn();
  const old = readState(urn, decode(request.getOlds()).values);
  const inputs = decode(request.getNews()).values;
  const secrets = secretsOf(request.getNews(), request.getOlds());
  const { call, redact } = callOf(plugin, urn, [request.getNews(), request.getOlds()]);
  const response = new pb.UpdateResponse();
  const state = request.getPreview()
    ? (foreseeUpdate(old.live, inputs) as PropertyMap)
    : await guarded(secrets, redact, () =>
        updateObject(call, {
          inputs,
          manager: managerOf(old, inputs),
          timeoutMs: timeoutMsOf(inputs, request.getTimeout()),
          old,
          ignored: request.getIgnorechangesList(),
        }),
      );
  response.setProperties(encode(marked(state, secrets), new Set()));
  return response;
}

export async function remove(plugin: Plugin, request: pb.DeleteRequest): Promise<Empty> {
  const state = readState(request.getUrn(), decode(request.getProperties()).values);
  const secrets = secretsOf(request.getProperties());
  const { call, redact } = callOf(plugin, request.getUrn(), [request.getProperties()]);
  await guarded(secrets, redact, async () => {
    try {
      await removeObject(call, state, timeoutMsOf(state.inputs, request.getTimeout()));
    } catch (error) {
      if (!isOutage(error)) throw error;
      if (!call.settings.deleteUnreachable) throw new UserError(`${error.message} ${DELETE_UNREACHABLE}`);
      await call.warn(`Taken out of the state without being deleted (deleteUnreachable). ${error.message}`);
    }
  });
  return new Empty();
}

function callOf(
  plugin: Plugin,
  urn: string,
  messages: readonly (Struct | undefined)[],
): { readonly call: Call; readonly redact: Redact } {
  if (plugin.session === undefined) {
    throw new UserError('The provider "kubernetes" is not configured: its inputs are not known yet.');
  }
  const redact = redacting(messages);
  return {
    redact,
    call: {
      ...plugin.session,
      warn: (message) => plugin.log('warning', redact(message), urn),
      status: (message) => {
        plugin.onWait(redact(message));
      },
    },
  };
}

/** What was done before a failure becomes the state, and no secret gets into the message. */
async function guarded<T>(secrets: Secrets, redact: Redact, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Incomplete) {
      const { id, object, reasons } = error as Incomplete<PropertyMap>;
      const state = { values: marked(object, secrets), secrets: new Set<string>() };
      throw new PartialResult({ id, state }, reasons.map(redact));
    }
    throw new UserError(redact(error instanceof Error ? error.message : String(error)));
  }
}
