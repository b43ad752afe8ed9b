/**
 * `warren.VolumeClaims`: on Kubernetes, looks whether the volumes that are asked for can be had of the StatefulSet that
 * is there. It keeps the template of its claims for as long as it lives: for another one Pulumi would replace it, with
 * all its pods at once, and no volume would grow. The cluster operator grows volumes, but takes the StatefulSet away
 * first: where they can't grow, it doesn't come back.
 */
import { isClusterError } from '../../../kubernetesApi/errors';
import { clusterAddress } from '../../../kubernetesApi/kubeconfig';
import { find, type Kind, type KubernetesObject } from '../../../kubernetesApi/objects';
import { parseQuantityBytes } from '../../../kubernetesApi/quantity';
import { openCluster, type Cluster } from '../../../kubernetesApi/transport';
import type { StepType } from '../../stepType';
import { UserError } from '../../userError';
import { statefulSetPlace, type StatefulSetPlace } from './statefulSetPlace';

interface VolumeClaims extends StatefulSetPlace {
  readonly nodes: number;
  /** Name of the claims' template, which begins their own. */
  readonly template: string;
  /** Whether the cluster operator makes the StatefulSet. */
  readonly isOperators: boolean;
  readonly storage: string;
  /** The cluster's own where it is left out. */
  readonly storageClass?: string;
}

interface Volume {
  readonly name: string;
  readonly storage: string;
  readonly storageClass: string | undefined;
}

interface Found {
  /** Undefined where there is no StatefulSet: another one takes the claims that are there. */
  readonly template: Volume | undefined;
  /** Those of the nodes, as far as they may be read. */
  readonly claims: readonly Volume[];
  /** Why claims that are too small can't grow, as a sentence without its full stop. */
  readonly obstacle: string | undefined;
}

interface Claim {
  readonly metadata: { readonly name?: string };
  readonly spec?: {
    readonly storageClassName?: string;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
}

const STATEFUL_SET: Kind = {
  ...{ apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets', isNamespaced: true },
};
const CLAIM: Kind = {
  ...{
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    isNamespaced: true,
  },
};
const STORAGE_CLASS: Kind = {
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', plural: 'storageclasses', isNamespaced: false },
};
const SETTING = 'kubernetes.cluster.storage';
const MOVE = 'for other volumes, move to a stack beside this one (docs/migration.md)';

export const volumeClaimsStep: StepType<VolumeClaims> = {
  token: 'warren:index:VolumeClaims',
  parse: (inputs) => {
    const storageClass = inputs.optionalText('storageClass');
    return {
      ...statefulSetPlace(inputs),
      ...(storageClass === undefined ? {} : { storageClass }),
      nodes: inputs.integer('nodes'),
      template: inputs.text('template'),
      isOperators: inputs.flag('isOperators', false),
      storage: inputs.text('storage'),
    };
  },
  pass: async (_call, step, before) => {
    const refusal = refusalOf(step, await look(step), before?.storage);
    if (refusal !== undefined) throw new UserError(refusal);
  },
  foresee: async (call, step, before) => {
    try {
      await volumeClaimsStep.pass(call, step, before);
    } catch (error) {
      // A cluster that can't be asked is told about where something has to be done on it.
      if (!isClusterError(error) || error.kind === 'cancelled') throw error;
    }
  },
};

async function look(step: VolumeClaims): Promise<Found> {
  const { namespace, statefulSet: name, nodes, template } = step;
  const cluster = openCluster(() => clusterAddress(step, process.env));
  const set = await find(cluster, { kind: STATEFUL_SET, namespace, name });
  const { volumeClaimTemplates = [] } = (set?.spec ?? {}) as { volumeClaimTemplates?: readonly Claim[] };
  const claims: Volume[] = [];
  for (let index = 0; index < nodes; index++) {
    const one = { kind: CLAIM, namespace, name: `${template}-${name}-${index}` };
    const found = await unlessForbidden(() => find(cluster, one));
    if (found !== undefined) claims.push(volumeOf(found));
  }
  return {
    template: volumeClaimTemplates.map(volumeOf).find((volume) => volume.name === template),
    claims,
    obstacle: await obstacleTo(cluster, smallerThan(step.storage, claims)),
  };
}

function volumeOf(claim: Claim | KubernetesObject): Volume {
  const { metadata, spec } = claim as Claim;
  const { storage = '0' } = spec?.resources?.requests ?? {};
  return { name: metadata.name ?? '', storage, storageClass: spec?.storageClassName };
}

/** Volumes grow where their class says so. */
async function obstacleTo(cluster: Cluster, claims: readonly Volume[]): Promise<string | undefined> {
  for (const { name, storageClass = '' } of claims) {
    if (storageClass === '') return `the claim ${name} has no StorageClass, and can't grow`;
    const where = { kind: STORAGE_CLASS, namespace: undefined, name: storageClass };
    const found = await unlessForbidden(async () => (await find(cluster, where)) ?? 'none');
    if (found === 'none')
      return `the StorageClass ${storageClass} isn't there, so that no volume of it can grow`;
    if (found !== undefined && found.allowVolumeExpansion !== true)
      return `the StorageClass ${storageClass} doesn't let volumes grow (allowVolumeExpansion)`;
  }
  return undefined;
}

/** Who may not look finds out when it is done. */
async function unlessForbidden<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isClusterError(error, 'forbidden')) return undefined;
    throw error;
  }
}

/** @param written how the storage was written until now, where the stack knows */
function refusalOf(step: VolumeClaims, found: Found, written: string | undefined): string | undefined {
  return otherClass(step, found) ?? smallerVolumes(step, found) ?? largerVolumes(step, found, written);
}

function otherClass(step: VolumeClaims, { template, claims }: Found): string | undefined {
  const { storageClass, statefulSet, isOperators } = step;
  // A claim of the cluster's own class has it by name, and its template none. The operator never compares the two.
  const ofClaims = storageClass === undefined ? undefined : claims[0];
  const had = isOperators ? ofClaims : (template ?? ofClaims);
  if (had === undefined || had.storageClass === storageClass) return undefined;
  const [now, wanted] = [had.storageClass, storageClass].map((name) => name ?? "the cluster's own");
  return `kubernetes.cluster.storageClass is ${wanted}, and the volumes of ${statefulSet} have been of ${now}: a volume stays in its class. Put that back; ${MOVE}.`;
}

function smallerVolumes(step: VolumeClaims, { template, claims }: Found): string | undefined {
  const { storage, statefulSet, isOperators } = step;
  const isSmaller = template !== undefined && isLess(storage, template.storage);
  if (!isSmaller || !(isOperators || claims.some((claim) => isLess(storage, claim.storage))))
    return undefined;
  return `${SETTING} is ${storage}, and the volumes of ${statefulSet} are larger (${template.storage}): no volume shrinks. Put ${template.storage} back; ${MOVE}.`;
}

function largerVolumes(
  step: VolumeClaims,
  { template, claims, obstacle }: Found,
  written: string | undefined,
): string | undefined {
  const { storage, statefulSet, namespace, isOperators } = step;
  const small = smallerThan(storage, claims);
  const [first] = small;
  const isOther =
    template !== undefined &&
    (parseQuantityBytes(template.storage) !== parseQuantityBytes(storage) ||
      (written ?? storage) !== storage);
  // Nothing would be replaced: a cluster goes on with claims that it has taken up.
  if (!isOperators && template !== undefined && !isOther) return undefined;
  if (first !== undefined && obstacle !== undefined)
    return `${SETTING} is ${storage}, and the volumes of ${statefulSet} have ${first.storage}: ${obstacle}. Put ${first.storage} back; ${MOVE}.`;
  if (isOperators || (first === undefined && !isOther)) return undefined;
  const patch = JSON.stringify({ spec: { resources: { requests: { storage } } } });
  const ways = [
    ...small.map(({ name }) => `kubectl --namespace ${namespace} patch pvc ${name} --patch '${patch}'`),
    ...(isOther
      ? [`kubectl --namespace ${namespace} delete statefulset ${statefulSet} --cascade=orphan`]
      : []),
  ];
  const had = written ?? template?.storage ?? first?.storage ?? '';
  return [
    `${SETTING} is ${storage}, and ${statefulSet} was made with ${had}.`,
    'Kubernetes keeps that for as long as a StatefulSet lives; to replace it would stop all nodes at once, and let no volume grow.',
    `By hand no node is stopped: ${ways.join('; ')}.`,
    'Then run this again, which makes the StatefulSet anew around the pods that run.',
    `Or put ${had} back.`,
  ].join(' ');
}

function smallerThan(storage: string, volumes: readonly Volume[]): readonly Volume[] {
  return volumes.filter((volume) => isLess(volume.storage, storage));
}

function isLess(one: string, other: string): boolean {
  return parseQuantityBytes(one) < parseQuantityBytes(other);
}
