/** Check, diff, create, read, update and delete of any resource type: plain values in, plain values out. */
import type { ObjectDiff } from './diff';
import type { Failure } from './inputs';
import type { Plugin } from './plugin';
import type { AnyResourceType } from './resourceType';
import type { Properties, PropertyMap } from './values';
import { createHash } from 'node:crypto';
import { canonicalJson } from '../topology/objects';
import { diffObjects } from './diff';
import { Incomplete, PartialResult } from './incomplete';
import { readInputs } from './inputs';
import {
  callOf,
  claimIdentities,
  claimIdentity,
  logicalNameOf,
  sessionOf,
  typeOf,
  withoutBookkeeping,
} from './plugin';
import { hasUnknown } from './values';

/** What a resource's state is after an operation; undefined (from read) where the object is gone. */
export interface Result {
  readonly id: string;
  readonly state: Properties;
}

export interface CheckResult {
  readonly inputs: Properties;
  readonly failures: readonly Failure[];
}

/** Fills in what may be left out, finds what is wrong, and claims the object for this resource. */
export function check(
  plugin: Plugin,
  urn: string,
  news: Properties,
  olds: PropertyMap,
  randomSeed: Uint8Array,
): CheckResult {
  const type = typeOf(plugin, urn);
  const values: Record<string, unknown> = { ...type.defaults, ...news.values };
  if (type.isAutonamed === true && values.name === undefined) {
    values.name = olds.name ?? automaticName(logicalNameOf(urn), randomSeed);
  }
  const inputs = readInputs(values);
  const object: unknown = type.parse(inputs);
  const isKnown = inputs.failures.length === 0 && !hasUnknown(values);
  if (isKnown && plugin.session !== undefined) {
    plugin.claims().check(claimIdentities(plugin.session.endpoint, type, object as object), urn);
  }
  return { inputs: { values, secrets: secretsOf(type, news, values) }, failures: inputs.failures };
}

/** A logical name isn't a unique name on a broker: seven hexadecimal digits make it one. */
function automaticName(logicalName: string, randomSeed: Uint8Array): string {
  const suffix = createHash('sha256').update(randomSeed).update(logicalName).digest('hex').slice(0, 7);
  return `${logicalName}-${suffix}`;
}

export function diff(plugin: Plugin, urn: string, state: PropertyMap, news: PropertyMap): ObjectDiff {
  const type = typeOf(plugin, urn);
  return diffObjects(type, objectOf(type, state), objectOf(type, news));
}

export async function create(
  plugin: Plugin,
  urn: string,
  inputs: Properties,
  isPreview: boolean,
): Promise<Result> {
  const type = typeOf(plugin, urn);
  const object = objectOf(type, inputs.values);
  if (isPreview) return { id: '', state: previewState(type, object, inputs) };
  const identity = claimIdentity(sessionOf(plugin).endpoint, type, object);
  const stored = await recordingWhatIsDone(type, inputs, () =>
    type.create(callOf(plugin, urn, identity), object),
  );
  plugin.claims().create(claimIdentities(sessionOf(plugin).endpoint, type, object), urn);
  return { id: stored.id, state: stateOf(type, stored.object as object, inputs) };
}

/** Undefined where the object is gone. */
export async function read(
  plugin: Plugin,
  urn: string,
  id: string,
  state: Properties,
): Promise<Result | undefined> {
  const type = typeOf(plugin, urn);
  const known = Object.keys(state.values).length === 0 ? undefined : objectOf(type, state.values);
  const stored = await type.read(callOf(plugin, urn, undefined), id, known);
  if (stored === undefined) return undefined;
  const isSame = known !== undefined && canonicalJson(stored.object) === canonicalJson(known);
  return isSame ? { id, state } : { id: stored.id, state: stateOf(type, stored.object as object, state) };
}

export async function update(
  plugin: Plugin,
  urn: string,
  request: {
    readonly id: string;
    readonly state: PropertyMap;
    readonly news: Properties;
    readonly isPreview: boolean;
  },
): Promise<Result> {
  const type = typeOf(plugin, urn);
  const object = objectOf(type, request.news.values);
  const previous = objectOf(type, request.state);
  if (request.isPreview) return { id: request.id, state: previewState(type, object, request.news) };
  const identity = claimIdentity(sessionOf(plugin).endpoint, type, object);
  await recordingWhatIsDone(type, request.news, () =>
    type.update(callOf(plugin, urn, identity), object, previous),
  );
  return { id: request.id, state: stateOf(type, object, request.news) };
}

export async function remove(plugin: Plugin, urn: string, state: PropertyMap): Promise<void> {
  const type = typeOf(plugin, urn);
  const object = objectOf(type, state);
  const identity = claimIdentity(sessionOf(plugin).endpoint, type, object);
  const call = callOf(plugin, urn, identity);
  const reason = plugin.claims().reasonToKeep(identity, urn);
  if (reason !== undefined) {
    await plugin.log('debug', `Left on the broker: ${reason}.`, urn);
    return;
  }
  await type.remove(call, object);
}

/** What was done before a failure becomes the resource's state. */
async function recordingWhatIsDone<R>(
  type: AnyResourceType,
  given: Properties,
  run: () => Promise<R>,
): Promise<R> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
    const { id, object, reasons } = error as Incomplete<object>;
    throw new PartialResult({ id, state: stateOf(type, object, given) }, reasons);
  }
}

function objectOf(type: AnyResourceType, values: PropertyMap): object {
  return type.parse(readInputs(withoutBookkeeping(values))) as object;
}

function stateOf(type: AnyResourceType, object: object, given: Properties): Properties {
  const values = type.toProperties(object, withoutBookkeeping(given.values));
  return { values, secrets: secretsOf(type, given, values) };
}

/** What is known before the object exists: everything, unless an input is still unknown. */
function previewState(type: AnyResourceType, object: object, given: Properties): Properties {
  if (!hasUnknown(given.values)) return stateOf(type, object, given);
  const values = withoutBookkeeping(given.values);
  return { values, secrets: secretsOf(type, given, values) };
}

function secretsOf(type: AnyResourceType, given: Properties, values: PropertyMap): ReadonlySet<string> {
  return new Set([...given.secrets, ...(type.secrets ?? []), ...(type.secretsIn?.(values) ?? [])]);
}
