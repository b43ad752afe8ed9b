/** What one call of Pulumi's engine is about, besides the object. */
import { isClusterError } from '../../../kubernetesApi/errors';
import type { Kinds, Reference } from '../../../kubernetesApi/objects';
import type { Cluster } from '../../../kubernetesApi/transport';
import type { PropertyMap } from '../../values';
import type { Settings } from './config';
import { metadataOf } from './object';
import { isNamespacedByName } from './tokens';

export interface Call {
  readonly cluster: Cluster;
  readonly kinds: Kinds;
  readonly settings: Settings;
  /** Shown to the user beside the resource. */
  readonly warn: (message: string) => Promise<void>;
  /** Shown to the user beside the resource while it lasts. */
  readonly status: (message: string) => void;
}

/** Undefined where the cluster has no such kind of objects. */
export async function referenceTo(call: Call, values: PropertyMap): Promise<Reference | undefined> {
  const kind = await call.kinds.find(String(values.apiVersion), String(values.kind));
  if (kind === undefined) return undefined;
  const { name = '', namespace } = metadataOf(values);
  return { kind, name, namespace: kind.isNamespaced ? (namespace ?? call.cluster.namespace) : undefined };
}

/** A kind that nobody knows yet is taken for one of objects in namespaces, as most are. */
export async function isNamespaced({ kinds }: Call, apiVersion: string, kind: string): Promise<boolean> {
  const known = isNamespacedByName({ apiVersion, kind });
  if (known !== undefined) return known;
  try {
    return (await kinds.find(apiVersion, kind))?.isNamespaced ?? true;
  } catch (error) {
    if (isClusterError(error) && error.kind !== 'cancelled') return true;
    throw error;
  }
}

export function idOf({ kind, namespace, name }: Reference): string {
  return kind.isNamespaced ? `${namespace ?? ''}/${name}` : name;
}

/** `namespace/name`, or a name. */
export function parseId(id: string): { readonly namespace: string | undefined; readonly name: string } {
  const [first = '', second] = id.split('/');
  return second === undefined ? { namespace: undefined, name: first } : { namespace: first, name: second };
}
