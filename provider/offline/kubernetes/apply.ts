/** Making and changing an object by server-side apply, and waiting until it is what it is there for. */
import { isClusterError } from '../../../kubernetesApi/errors';
import { apply, describe, find, type KubernetesObject, type Reference } from '../../../kubernetesApi/objects';
import { Incomplete } from '../../incomplete';
import { UserError } from '../../userError';
import { UNKNOWN, hasUnknown, type PropertyMap } from '../../values';
import { NotReady, untilReady } from './awaits/index';
import { idOf, referenceTo, type Call } from './call';
import { isForced, respectingIgnored } from './diff';
import { stateForm, wireForm } from './object';
import { applyOwned, isManagedBy, takeOver } from './ownership';
import { stateOf, type State } from './state';
import { isTable, valueAt, withValueAt, type Place } from './paths';

/** Programs often don't say what has to come first: a namespace, a definition, a webhook's pod. */
const PATIENCE_MS = 30_000;
const TRY_AGAIN_MS = 500;
const TRY_AGAIN_MAX_MS = 3_000;

export interface Made {
  readonly id: string;
  readonly state: PropertyMap;
}

export interface Wanted {
  readonly inputs: PropertyMap;
  /** In whose name its fields are. */
  readonly manager: string;
  /** For it to be ready. */
  readonly timeoutMs: number;
}

/** @throws Incomplete when it is there, and not ready */
export async function create(call: Call, wanted: Wanted): Promise<Made> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let pauseMs = TRY_AGAIN_MS; ; pauseMs = Math.min(pauseMs * 2, TRY_AGAIN_MAX_MS)) {
    try {
      const reference = await referenceTo(call, wanted.inputs);
      if (reference === undefined) throw unknownKind(call, wanted.inputs);
      const live = await createdNow(call, reference, wanted);
      return await ready(call, reference, wanted, { live, initialApiVersion: live.apiVersion });
    } catch (error) {
      if (!mayPass(error) || Date.now() > deadline) throw error;
      call.status(error.message);
      await call.cluster.pause(pauseMs, 'wait for what has to come first');
    }
  }
}

class UnknownKind extends UserError {}

/** What has to be installed for it, and by which page. */
const BRINGERS: Readonly<Record<string, string>> = {
  'rabbitmq.com':
    "RabbitMQ's cluster operator brings it: https://www.rabbitmq.com/kubernetes/operator/install-operator",
  'keda.sh': 'KEDA brings it: https://keda.sh/docs/latest/deploy/',
  'cert-manager.io': 'cert-manager brings it: https://cert-manager.io/docs/installation/',
};

function bringerOf(apiVersion: unknown): string | undefined {
  const bringer = BRINGERS[String(apiVersion).split('/')[0] ?? ''];
  return bringer === undefined ? undefined : `${bringer}. Install it on the cluster, and run this again.`;
}

function unknownKind({ cluster }: Call, { apiVersion, kind }: PropertyMap): UnknownKind {
  return new UnknownKind(
    `The Kubernetes cluster at ${cluster.server} has no kind ${String(kind)} of ${String(apiVersion)}. ` +
      (bringerOf(apiVersion) ??
        'Make its CustomResourceDefinition first (`dependsOn`), or install what brings it.'),
  );
}

function mayPass(error: unknown): error is Error {
  if (error instanceof UnknownKind) return true;
  if (isClusterError(error, 'notFound')) return true;
  return isClusterError(error, 'failed') && error.reason.includes('failed calling webhook');
}

async function createdNow(call: Call, reference: Reference, wanted: Wanted): Promise<KubernetesObject> {
  const { inputs, manager } = wanted;
  const found = await untilGone(call, reference, await find(call.cluster, reference), wanted.timeoutMs);
  if (found !== undefined) await adopt(call, reference, found, manager);
  return applyOwned(call, reference, wireForm(inputs), {
    manager,
    force: isForced(call, inputs),
    isDryRun: false,
    verb: 'create',
    isTold: true,
    onWarning: (text) => void call.warn(text),
  });
}

/** What an interrupted run has made is this resource's; anything else belongs to somebody else. */
async function adopt(
  call: Call,
  reference: Reference,
  found: KubernetesObject,
  manager: string,
): Promise<void> {
  if (isManagedBy(found, manager)) {
    await call.warn('It was there already, from a run of this stack that was interrupted: it is kept.');
  } else if (!call.settings.upsertExistingObjects) throw taken(reference);
  else
    await call.warn(
      'It was there already: it is changed to what the program says, and deleted with this resource.',
    );
}

function taken(reference: Reference): UserError {
  return new UserError(
    `Cannot create ${describe(reference)}: it is there already, and not of this resource. ` +
      `Take it over (\`pulumi import\` with the id ${idOf(reference)}, or upsertExistingObjects of the provider), ` +
      'choose another name, or, where the resource was only renamed in the program, give it an alias.',
  );
}

/** One that is being deleted can't be changed into the new one. */
async function untilGone(
  call: Call,
  reference: Reference,
  found: KubernetesObject | undefined,
  timeoutMs: number,
): Promise<KubernetesObject | undefined> {
  const deadline = Date.now() + timeoutMs;
  let left = found;
  while (left?.metadata.deletionTimestamp !== undefined) {
    if (Date.now() > deadline) {
      throw new UserError(
        `Cannot create ${describe(reference)}: the old one is still being deleted (finalizers: ${(left.metadata.finalizers ?? []).join(', ')}).`,
      );
    }
    call.status('waiting for the old one to be gone');
    await call.cluster.pause(TRY_AGAIN_MS, `wait for the old one of ${describe(reference)} to be gone`);
    left = await find(call.cluster, reference);
  }
  return left;
}

/** @throws Incomplete when it is changed, and not ready */
export async function update(
  call: Call,
  wanted: Wanted & { readonly old: State; readonly ignored: readonly string[] },
): Promise<PropertyMap> {
  const { inputs, manager, old } = wanted;
  const reference = await referenceTo(call, inputs);
  if (reference === undefined) throw unknownKind(call, inputs);
  const found = await find(call.cluster, reference);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
    return (await create(call, wanted)).state;
  }
  await takeOver(call.cluster, reference, found, old.manager);
  const object = respectingIgnored(wireForm(inputs), found, wanted.ignored);
  const live = await applyOwned(call, reference, object, {
    manager,
    // What this resource itself owned in another name is no conflict.
    force: isForced(call, inputs) || old.manager !== manager,
    isDryRun: false,
    verb: 'change',
    isTold: true,
    onWarning: (text) => void call.warn(text),
  });
  if (old.manager !== manager) await giveUp(call, reference, live, old.manager);
  return (await ready(call, reference, wanted, { live, initialApiVersion: old.initialApiVersion })).state;
}

/** Fields that nobody else owns would go: by now, the new name owns them all. */
async function giveUp(
  { cluster }: Call,
  reference: Reference,
  { apiVersion, kind, metadata }: KubernetesObject,
  manager: string,
): Promise<void> {
  const { name, namespace } = metadata;
  const nothing = { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
  const options = { manager, force: false, isDryRun: false, verb: 'change the owner of' };
  await apply(cluster, reference, nothing as KubernetesObject, options);
}

async function ready(
  call: Call,
  reference: Reference,
  { inputs, manager, timeoutMs }: Wanted,
  { live, initialApiVersion }: { readonly live: KubernetesObject; readonly initialApiVersion: string },
): Promise<Made> {
  const made = (object: KubernetesObject): Made => ({
    id: idOf(reference),
    state: stateOf({ inputs, live: object, manager, initialApiVersion }),
  });
  try {
    return made(await untilReady(call, reference, { inputs, live, timeoutMs }));
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    const { id, state } = made(error.live);
    throw new Incomplete(id, state, error.reasons);
  }
}

/** What only the real run can know. */
const LATER: readonly Place[] = [
  ['metadata', 'uid'],
  ['metadata', 'resourceVersion'],
  ['metadata', 'creationTimestamp'],
  ['spec', 'clusterIP'],
  ['spec', 'clusterIPs'],
];

/**
 * What a preview can say of an object that isn't there yet: what the API server would make of it, where it can be asked.
 * @throws UserError for an object that it would refuse
 */
export async function foreseeCreate(call: Call, { inputs, manager }: Wanted): Promise<PropertyMap> {
  const guess = guessOf(inputs);
  if (hasUnknown(inputs)) return guess;
  const reference = await referenceTo(call, inputs);
  if (reference === undefined) {
    // What the program itself doesn't bring won't be there in a moment.
    if (bringerOf(inputs.apiVersion) !== undefined)
      await call.warn(`As things are now, this will be refused: ${unknownKind(call, inputs).message}`);
    return guess;
  }
  const found = await find(call.cluster, reference);
  if (found !== undefined) {
    // Until then, a replacement's old object or an interrupted run's is there.
    const isOwn = isManagedBy(found, manager) || call.settings.upsertExistingObjects;
    if (!isOwn) await call.warn(`As things are now, this will be refused: ${taken(reference).message}`);
    return guess;
  }
  const options = { manager, force: false, isDryRun: true, verb: 'create', isTold: false };
  try {
    return withLater(await applyOwned(call, reference, wireForm(inputs), options), inputs);
  } catch (error) {
    if (isClusterError(error, 'notFound', 'forbidden', 'terminating', 'failed')) return guess;
    throw error;
  }
}

function withLater(result: KubernetesObject, inputs: PropertyMap): PropertyMap {
  return unknownIn(
    { ...stateForm(result), status: UNKNOWN },
    inputs,
    (made, place) => valueAt(made, place) !== undefined,
  );
}

/** Without the API server's word: a program may read in a preview what only a live object has. */
export function guessOf(inputs: PropertyMap): PropertyMap {
  return unknownIn({ ...inputs, status: UNKNOWN }, inputs, (made, place) => {
    const isOfServices = place[0] === 'spec';
    return isTable(valueAt(made, place.slice(0, -1))) && (!isOfServices || inputs.kind === 'Service');
  });
}

function unknownIn(
  made: PropertyMap,
  inputs: PropertyMap,
  isThere: (made: PropertyMap, place: Place) => boolean,
): PropertyMap {
  return LATER.reduce<unknown>((values, place) => {
    const isAssigned = valueAt(inputs, place) === undefined && isThere(made, place);
    return isAssigned ? withValueAt(values, place, UNKNOWN) : values;
  }, made) as PropertyMap;
}

/** What a preview can say of a changed object: what it has, with what the program wants of it. */
export function foreseeUpdate(live: unknown, inputs: unknown): unknown {
  if (!isTable(live) || !isTable(inputs)) return inputs;
  const changed = Object.entries(inputs).map(([name, item]) => [name, foreseeUpdate(live[name], item)]);
  return { ...live, ...Object.fromEntries(changed) };
}
