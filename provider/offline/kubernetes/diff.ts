/** What an update would change: asked of the API server by a dry run, so that its defaults are no difference. */
import { isClusterError, isOutage } from '../../../kubernetesApi/errors';
import { find, type KubernetesObject, type Reference } from '../../../kubernetesApi/objects';
import type { Difference } from '../../messages';
import { UserError } from '../../userError';
import { hasUnknown, type PropertyMap } from '../../values';
import { referenceTo, type Call } from './call';
import { changeAt, differences } from './compare';
import type { Settings } from './config';
import { PATCH_FORCE, annotationOf, isAutonamed, metadataOf, stateForm, wireForm } from './object';
import { applyOwned } from './ownership';
import { isTable, parsePlace, textOf, valueAt, withValueAt, type Place } from './paths';
import { isReplacing } from './replacement';
import { managerOf, type State } from './state';

export interface Comparison {
  readonly state: State;
  readonly news: PropertyMap;
  /** Of `ignoreChanges`. */
  readonly ignored: readonly string[];
  readonly settings: Settings;
}

/** By what the program said until now; what the cluster says of it comes after. */
export function knownDifference({ state, news, settings }: Comparison): Difference {
  const before = withNamespaceOf(state.inputs, state.live);
  const shown = { ...state.live, ...state.inputs };
  const changes = differences(before, news).map((place) => ({
    ...changeAt(place, { state: shown, news }),
    isReplacement: isReplacing(place, { before, news, settings }),
  }));
  const isReplaced = changes.some(({ isReplacement }) => isReplacement);
  return { changes, deleteBeforeReplace: isReplaced && isInTheWay(state.live, news) };
}

export function isReplacement({ changes }: Difference): boolean {
  return changes.some((change) => change.isReplacement);
}

/** The genuine plugin may have left the namespace out. */
function withNamespaceOf(inputs: PropertyMap, live: PropertyMap): PropertyMap {
  const { namespace } = metadataOf(live);
  const metadata = metadataOf(inputs);
  if (namespace === undefined || metadata.namespace !== undefined) return inputs;
  return { ...inputs, metadata: { ...metadata, namespace } };
}

/** A name of the program's own is taken until the old object is gone; an automatic one is a new one each time. */
function isInTheWay(live: PropertyMap, news: PropertyMap): boolean {
  const [before, after] = [metadataOf(live), metadataOf(news)];
  return before.name === after.name && before.namespace === after.namespace && !isAutonamed(news);
}

/** Also what was changed or deleted by hand since. */
export async function serverDifference(
  call: Call,
  comparison: Comparison,
  known: Difference,
): Promise<Difference> {
  const { news } = comparison;
  if (hasUnknown(news) || isReplacement(known)) return known;
  const reference = await referenceTo(call, news);
  const live = reference === undefined ? undefined : await find(call.cluster, reference);
  if (reference === undefined || live === undefined) {
    await call.warn('It is gone from the cluster, and is made anew.');
    return { ...known, isUnfinished: true };
  }
  if (live.metadata.deletionTimestamp !== undefined) {
    await call.warn('It is being deleted just now; `up` waits for that, and makes it anew.');
    return { ...known, isUnfinished: true };
  }
  const result = await dryRun(call, reference, comparison, live);
  if (result === undefined) return known;
  const places = placesOf(live, result);
  await tellDrift(call, comparison, live, result, places);
  const shown = { state: { ...comparison.state.inputs, ...comparison.state.live }, news };
  return { ...known, changes: places.map((place) => changeAt(inProgramsWords(place, news), shown)) };
}

/** Undefined where the API server would refuse it, which is told. */
async function dryRun(
  call: Call,
  reference: Reference,
  { state, news, ignored }: Comparison,
  live: KubernetesObject,
): Promise<KubernetesObject | undefined> {
  const object = respectingIgnored(wireForm(news), live, ignored);
  const manager = managerOf(state, news);
  const options = { manager, isDryRun: true, verb: 'change', isTold: false };
  const force = isForced(call, news) || manager !== state.manager;
  try {
    return await applyOwned(call, reference, object, { ...options, force });
  } catch (error) {
    if (isOutage(error)) throw error;
    const isRefusal = isClusterError(error, 'invalid', 'refused', 'conflict', 'forbidden', 'failed');
    if (error instanceof UserError || isRefusal) {
      await call.warn(`As things are now, this will be refused: ${error.message}`);
    } else if (!isClusterError(error, 'notFound', 'terminating')) throw error;
    if (!(error instanceof UserError)) return undefined;
    return applyOwned(call, reference, object, { ...options, force: true });
  }
}

export function isForced({ settings }: Call, values: PropertyMap): boolean {
  return settings.enablePatchForce || annotationOf(values, PATCH_FORCE) === 'true';
}

/** What is ignored stays as it is there, whoever changed it. */
export function respectingIgnored(
  object: KubernetesObject,
  live: KubernetesObject,
  ignored: readonly string[],
): KubernetesObject {
  const places = ignored.map(parsePlace).filter((place) => place !== undefined);
  return places.reduce<unknown>(
    (changed, place) => withValueAt(changed, place, valueAt(live, place)),
    object,
  ) as KubernetesObject;
}

/** The API server's own, and what changes with every request. */
const PASSING: readonly Place[] = [
  ['status'],
  ['metadata', 'managedFields'],
  ['metadata', 'generation'],
  ['metadata', 'resourceVersion'],
];

function placesOf(live: KubernetesObject, result: KubernetesObject): readonly Place[] {
  const [before, after] = [live, result].map((object) => ({ ...object, ...stateForm(object) }));
  return differences(before, after).filter(
    (place) => !PASSING.some((passing) => passing.every((step, index) => place[index] === step)),
  );
}

const SHOWN_DRIFTS = 5;
const SHOWN_LENGTH = 80;

/** The engine shows the state's values, which are the program's where only the cluster has others. */
async function tellDrift(
  call: Call,
  { state }: Comparison,
  live: KubernetesObject,
  result: KubernetesObject,
  places: readonly Place[],
): Promise<void> {
  const same = (place: Place): boolean =>
    differences(valueAt(state.live, place), valueAt(result, place)).length === 0;
  const words = places.filter(same).map((place) => {
    const value = valueAt(live, place);
    if (value === undefined) return `${textOf(place)} is gone`;
    const shown = live.kind === 'Secret' ? 'another' : JSON.stringify(value).slice(0, SHOWN_LENGTH);
    return `${textOf(place)} is ${shown}`;
  });
  if (words.length === 0) return;
  const further = words.length > SHOWN_DRIFTS ? `, and ${words.length - SHOWN_DRIFTS} more` : '';
  await call.warn(`Changed on the cluster since: ${words.slice(0, SHOWN_DRIFTS).join(', ')}${further}.`);
}

/** A Secret's `data` may be what the program calls `stringData`. */
function inProgramsWords(place: Place, news: PropertyMap): Place {
  const [top, ...rest] = place;
  const isText = news.kind === 'Secret' && top === 'data' && isTable(news.stringData);
  return isText && valueAt(news, ['stringData', ...rest]) !== undefined ? ['stringData', ...rest] : place;
}
