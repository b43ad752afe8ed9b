/** Check, diff, create, read, update and delete of any resource type: plain values in, plain values out. */
import type { ObjectDiff } from './diff';
import type { Failure } from './inputs';
import type { Plugin } from './plugin';
import type { AnyResourceType } from './resourceType';
import type { Properties, PropertyMap } from './values';
import { unlessNotAnswered } from '../broker/api/errors';
import { canonicalJson } from '../topology/objects';
import { READ_AGAIN, adopts, readToAdopt } from './adoption';
import { diffObjects } from './diff';
import { diffWithBroker, driftInWords, withoutIgnored } from './drift';
import { Incomplete, PartialResult } from './incomplete';
import { readInputs } from './inputs';
import { lookupToCompare, lookupToRead } from './lookups';
import { callOf, claimIdentities, claimIdentity, sessionOf, typeOf } from './plugin';
import { automaticName } from './urns';
import { UserError } from './userError';
import { hasUnknown, withoutBookkeeping } from './values';

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
    values.name = olds.name ?? automaticName(urn, randomSeed);
  }
  const inputs = readInputs(values);
  const object: unknown = type.parse(inputs);
  const isKnown = inputs.failures.length === 0 && !hasUnknown(values);
  if (isKnown && plugin.session !== undefined) {
    plugin.claims().check(claimIdentities(plugin.session.endpoint, type, object as object), urn);
    // Only a queue needs to know before it goes; a whole vhost's objects would be kept twice.
    if (type.kind === 'queue') plugin.checked.set(urn, object as object);
  }
  // What an import has found is taken as it is: a user comes without its password.
  const isFound = (property: string): boolean => values[property] === '' && olds[property] === '';
  const failures = inputs.failures.filter(({ property }) => !isFound(property));
  return { inputs: { values, secrets: secretsOf(type, news, values) }, failures };
}

const UNFINISHED =
  'An earlier run was interrupted while it recreated this: the messages and bindings that it set aside come back now.';

/** What to change, on the broker too: see drift.ts. */
export function diff(plugin: Plugin, urn: string, request: DiffRequest): Promise<ObjectDiff> {
  return plugin.recreations.compare(() => compare(plugin, urn, request));
}

interface DiffRequest {
  readonly state: Properties;
  readonly news: Properties;
  readonly ignored: readonly string[];
}

async function compare(plugin: Plugin, urn: string, request: DiffRequest): Promise<ObjectDiff> {
  const { state, news, ignored } = request;
  if (adopts(plugin)) return READ_AGAIN;
  const type = typeOf(plugin, urn);
  const before = objectOf(type, state.values);
  const after = objectOf(type, news.values);
  const known = diffObjects(type, before, after);
  // A new object of another identity has nothing to do with what became of the old one.
  if (known.isOtherObject === true || hasUnknown(news.values)) return known;
  const lookup = await lookupToCompare(plugin, type, before);
  if (lookup === undefined) return known;
  const found = (await type.find(lookup, before, after)) as object | undefined;
  const versions = { before, found, after };
  const isUnfinished = found !== undefined && (await type.isUnfinished?.(lookup, before)) === true;
  if (isUnfinished) await plugin.log('warning', UNFINISHED, urn);
  const difference = { ...withoutIgnored(diffWithBroker(type, versions), ignored), isUnfinished };
  if (difference.changes.length > 0 || difference.isGone === true) {
    const { endpoint } = sessionOf(plugin);
    const secrets = new Set([state, news].flatMap((side) => [...secretsOf(type, side, side.values)]));
    if (found !== undefined) secretsOfObject(type, found).forEach((name) => secrets.add(name));
    // What the program says differently now isn't what somebody changed by hand.
    const asKnown = found && ((await type.find(lookup, before)) as object | undefined);
    const words = driftInWords(type, { ...versions, found: asKnown }, { endpoint, secrets });
    if (words !== undefined) await plugin.log('warning', words, urn);
  }
  if (found !== undefined && difference.changes.length > 0) {
    const isReplaced = difference.deleteBeforeReplace;
    const foresee = (): Promise<readonly string[]> => refusalsOf(plugin, urn, type, found, after);
    const refusals = isReplaced || type.parts !== undefined ? await foresee() : [];
    if (isReplaced && refusals.length > 0) plugin.recreations.refuse(urn, foresee);
    for (const refusal of refusals) {
      await plugin.log('warning', `As things are now, this will be refused: ${refusal}`, urn);
    }
  }
  return difference;
}

/** A preview without a broker, or with a user who may see less, works as well. */
async function refusalsOf(
  plugin: Plugin,
  urn: string,
  type: AnyResourceType,
  found: object,
  wanted: object,
): Promise<readonly string[]> {
  const ask = async (): Promise<readonly string[]> =>
    (await type.foresee?.(callOf(plugin, urn, undefined), found, wanted)) ?? [];
  return (await unlessNotAnswered(ask)) ?? [];
}

/** In a preview, where the object is to be made; unless nobody is to be asked, or nothing is known of whom. */
async function announce(plugin: Plugin, urn: string, object: object, given: Properties): Promise<void> {
  const type = typeOf(plugin, urn);
  if (plugin.session === undefined || adopts(plugin) || hasUnknown(given.values)) return;
  await unlessNotAnswered(async () => type.announce?.(callOf(plugin, urn, undefined), object));
}

function secretsOfObject(type: AnyResourceType, object: object): readonly string[] {
  return type.secretsIn?.(type.toProperties(object, {})) ?? [];
}

export async function create(
  plugin: Plugin,
  urn: string,
  inputs: Properties,
  isPreview: boolean,
): Promise<Result> {
  const type = typeOf(plugin, urn);
  const object = objectOf(type, inputs.values);
  if (isPreview) {
    await announce(plugin, urn, object, inputs);
    return { id: '', state: previewState(type, object, inputs) };
  }
  if (adopts(plugin)) {
    const found = await readToAdopt(plugin, type, object);
    return { id: type.id(found), state: stateOf(type, found, inputs) };
  }
  const identity = claimIdentity(sessionOf(plugin).endpoint, type, object);
  plugin.touched.add(identity);
  const made = (await recordingWhatIsDone(type, inputs, () =>
    type.create(callOf(plugin, urn, identity), object),
  )) as object;
  plugin.claims().create(claimIdentities(sessionOf(plugin).endpoint, type, object), urn);
  return { id: type.id(made), state: stateOf(type, made, inputs) };
}

/**
 * Undefined where the object is gone. A refresh reads everything at once; an import, and a resource that a program
 * looks up, may be younger than that, and is read by itself.
 */
export async function read(
  plugin: Plugin,
  urn: string,
  request: { readonly id: string; readonly state: Properties; readonly isRefresh: boolean },
): Promise<Result | undefined> {
  const { id, state, isRefresh } = request;
  const type = typeOf(plugin, urn);
  const call = callOf(plugin, urn, undefined);
  const known = Object.keys(state.values).length === 0 ? undefined : objectOf(type, state.values);
  const found = (
    known === undefined
      ? await type.locate(call, id)
      : await type.find(await lookupToRead(plugin, type, known, isRefresh), known)
  ) as object | undefined;
  if (found === undefined) return undefined;
  const isSame = known !== undefined && canonicalJson(found) === canonicalJson(known);
  return isSame ? { id, state } : { id, state: stateOf(type, found, state) };
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
  if (request.isPreview) {
    await announce(plugin, urn, object, request.news);
    return { id: request.id, state: previewState(type, object, request.news) };
  }
  if (adopts(plugin)) {
    return {
      id: request.id,
      state: stateOf(type, await readToAdopt(plugin, type, object), request.news),
    };
  }
  const identity = claimIdentity(sessionOf(plugin).endpoint, type, object);
  plugin.touched.add(identity);
  const made: unknown = await recordingWhatIsDone(type, request.news, () =>
    type.update(callOf(plugin, urn, identity), object, previous),
  );
  // It may have been gone, and be made anew by this.
  plugin.claims().create(claimIdentities(sessionOf(plugin).endpoint, type, object), urn);
  return { id: request.id, state: stateOf(type, made as object, request.news) };
}

export async function remove(plugin: Plugin, urn: string, state: PropertyMap): Promise<void> {
  // What isn't there, or not in the topology any more, only leaves the state.
  if (adopts(plugin)) return;
  const type = typeOf(plugin, urn);
  const object = objectOf(type, state);
  const identity = claimIdentity(sessionOf(plugin).endpoint, type, object);
  const call = callOf(plugin, urn, identity);
  const reason = plugin.claims().reasonToKeep(identity, urn);
  if (reason !== undefined) {
    await plugin.log('debug', `Left on the broker: ${reason}.`, urn);
    return;
  }
  const obstacle = call.isReplacement ? await plugin.recreations.obstacleTo(urn) : undefined;
  if (obstacle !== undefined) throw new UserError(obstacle);
  plugin.touched.add(identity);
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
