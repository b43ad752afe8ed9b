/** Who owns which fields of an object, and what is done when somebody else owns what the program wants to change. */
import { isClusterError, type ClusterError } from '../../../kubernetesApi/errors';
import {
  apply,
  describe,
  objectPath,
  type Apply,
  type KubernetesObject,
  type ManagedFields,
  type Reference,
} from '../../../kubernetesApi/objects';
import type { Cluster } from '../../../kubernetesApi/transport';
import { UserError } from '../../userError';
import type { Call } from './call';
import { PATCH_FORCE } from './object';
import { isTable } from './paths';

/** The genuine plugin's own, of objects that it made or changed without server-side apply. */
const FORMER = ['pulumi-kubernetes', 'pulumi-kubernetes.exe', 'pulumi-resource-kubernetes'];
/** People who change something by hand; what they changed comes back, and is shown before. */
const BY_HAND = /^(kubectl($|-)|before-first-apply$|Mozilla$)/;

interface Owner {
  readonly manager: string;
  readonly field: string;
}

export function ownersIn(error: ClusterError): readonly Owner[] {
  return error.causes.flatMap(({ message = '', field = '' }) => {
    const manager = /conflicts? with "([^"]*)"/.exec(message)?.[1];
    return manager === undefined ? [] : [{ manager, field }];
  });
}

function isGivenWay({ manager }: Owner): boolean {
  return FORMER.includes(manager) || BY_HAND.test(manager);
}

/** Applies; fields that were changed by hand are taken back, and told. @throws UserError where others own them */
export async function applyOwned(
  call: Call,
  reference: Reference,
  object: KubernetesObject,
  options: Apply & { readonly isTold: boolean },
): Promise<KubernetesObject> {
  try {
    return await apply(call.cluster, reference, object, options);
  } catch (error) {
    if (!isClusterError(error, 'conflict') || options.force) throw error;
    const owners = ownersIn(error);
    if (owners.length === 0) throw error;
    if (!owners.every(isGivenWay))
      throw conflict(
        reference,
        options.verb,
        owners.filter((one) => !isGivenWay(one)),
      );
    const hands = owners.filter(({ manager }) => BY_HAND.test(manager));
    if (options.isTold && hands.length > 0) {
      await call.warn(`Changed by hand, and put right by this: ${inWords(hands)}.`);
    }
    return await apply(call.cluster, reference, object, { ...options, force: true });
  }
}

function conflict(reference: Reference, verb: string, owners: readonly Owner[]): UserError {
  return new UserError(
    `Cannot ${verb} ${describe(reference)}: others own what the program wants to change: ${inWords(owners)}. ` +
      'Leave these fields out of the program, have them given up there, or take them: ' +
      `the annotation ${PATCH_FORCE}: "true" on the object, or enablePatchForce of the provider.`,
  );
}

function inWords(owners: readonly Owner[]): string {
  const fields = new Map<string, string[]>();
  for (const { manager, field } of owners) fields.set(manager, [...(fields.get(manager) ?? []), field]);
  return [...fields]
    .map(([manager, names]) => `${names.map((name) => name.replace(/^\./, '')).join(', ')} (by "${manager}")`)
    .join('; ');
}

export function isManagedBy(live: KubernetesObject, manager: string): boolean {
  return live.metadata.managedFields?.some((one) => one.manager === manager) === true;
}

/**
 * What the genuine plugin made without server-side apply is in a name that nobody applies in: a field that the program
 * leaves out would stay for ever. So that name becomes ours first.
 */
export async function takeOver(
  cluster: Cluster,
  reference: Reference,
  live: KubernetesObject,
  manager: string,
): Promise<void> {
  const entries = live.metadata.managedFields ?? [];
  const isFormer = ({ manager: name, operation, subresource = '' }: ManagedFields): boolean =>
    FORMER.includes(name) && operation === 'Update' && subresource === '';
  const former = entries.filter(isFormer);
  if (former.length === 0) return;
  const isOwn = (one: ManagedFields): boolean => one.manager === manager && one.operation === 'Apply';
  const own = entries.find(isOwn);
  const all = own === undefined ? former : [own, ...former];
  const fieldsV1 = all.reduce<unknown>((fields, one) => union(fields, one.fieldsV1 ?? {}), {});
  const merged = { ...all[0], manager, operation: 'Apply', fieldsV1 };
  const rest = entries.filter((one) => !isFormer(one) && !isOwn(one));
  await cluster.ask({
    method: 'PATCH',
    path: objectPath(reference.kind, reference.namespace, reference.name),
    contentType: 'application/json-patch+json',
    body: [
      { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
      { op: 'replace', path: '/metadata/managedFields', value: [merged, ...rest] },
    ],
    action: `take over ${describe(reference)}`,
  });
}

function union(one: unknown, other: unknown): unknown {
  if (!isTable(one) || !isTable(other)) return other;
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(
    names.map((name) => [
      name,
      name in one && name in other ? union(one[name], other[name]) : (one[name] ?? other[name]),
    ]),
  );
}
