/** Objects of any kind on a cluster: where they are, reading, applying and deleting them. */
import { isClusterError } from './errors';
import { path, type Cluster } from './transport';

type Table = Readonly<Record<string, unknown>>;

export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1?: Table;
}

export interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFields[];
}

export interface KubernetesObject extends Table {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** What the API server calls a kind, and where it keeps its objects. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  /** `deployments` */
  readonly plural: string;
  readonly isNamespaced: boolean;
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
  }[];
}

export interface Kinds {
  /** Undefined where the cluster has no such kind. */
  find(apiVersion: string, kind: string): Promise<Kind | undefined>;
}

/** Asks for each group once; what isn't there may come, and is asked for again. */
export function openKinds(cluster: Cluster): Kinds {
  const groups = new Map<string, Promise<ResourceList>>();
  const listOf = (apiVersion: string): Promise<ResourceList> => {
    const known = groups.get(apiVersion);
    if (known !== undefined) return known;
    const asked = cluster.ask<ResourceList>({
      method: 'GET',
      path: groupPath(apiVersion),
      action: `look up the API ${apiVersion}`,
    });
    groups.set(apiVersion, asked);
    asked.catch(() => groups.delete(apiVersion));
    return asked;
  };
  return {
    find: async (apiVersion, kind) => {
      try {
        const { resources = [] } = await listOf(apiVersion);
        const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
        if (found !== undefined)
          return { apiVersion, kind, plural: found.name, isNamespaced: found.namespaced };
      } catch (error) {
        if (!isClusterError(error, 'notFound')) throw error;
      }
      groups.delete(apiVersion);
      return undefined;
    },
  };
}

function groupPath(apiVersion: string): string {
  const segments = apiVersion.split('/');
  return segments.length === 1 ? path('api', ...segments) : path('apis', ...segments);
}

/** Of an object, or of all of a namespace (or the cluster). */
export function objectPath(kind: Kind, namespace: string | undefined, name?: string): string {
  const place = kind.isNamespaced && namespace !== undefined ? path('namespaces', namespace) : '';
  return `${groupPath(kind.apiVersion)}${place}${path(kind.plural)}${name === undefined ? '' : path(name)}`;
}

export interface Reference {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** `the Deployment "shop/worker"`: for messages. */
export function describe({ kind, namespace, name }: Reference): string {
  return `the ${kind.kind} "${kind.isNamespaced ? `${namespace ?? ''}/` : ''}${name}"`;
}

/** Undefined where there is no such object. */
export async function find(cluster: Cluster, reference: Reference): Promise<KubernetesObject | undefined> {
  try {
    return await cluster.ask<KubernetesObject>({
      method: 'GET',
      path: objectPath(reference.kind, reference.namespace, reference.name),
      action: `read ${describe(reference)}`,
    });
  } catch (error) {
    if (isClusterError(error, 'notFound')) return undefined;
    throw error;
  }
}

export interface List<T> {
  readonly items: readonly T[];
}

export async function list<T>(
  cluster: Cluster,
  where: { readonly kind: Kind; readonly namespace: string | undefined },
  query: Readonly<Record<string, string>>,
): Promise<readonly T[]> {
  const { items } = await cluster.ask<List<T>>({
    method: 'GET',
    path: objectPath(where.kind, where.namespace),
    query,
    action: `list the ${where.kind.plural} of ${where.namespace ?? 'the cluster'}`,
  });
  return items;
}

export interface Apply {
  /** In whose name the object's fields are. */
  readonly manager: string;
  /** Takes fields from whoever owns them. */
  readonly force: boolean;
  /** Says what would be, and changes nothing. */
  readonly isDryRun: boolean;
  /** What fails is told with it: `create`. */
  readonly verb: string;
  readonly onWarning?: (text: string) => void;
}

/** Server-side apply, with every field checked against the kind's schema. */
export function apply(
  cluster: Cluster,
  reference: Reference,
  object: KubernetesObject,
  { manager, force, isDryRun, verb, onWarning }: Apply,
): Promise<KubernetesObject> {
  return cluster.ask<KubernetesObject>({
    method: 'PATCH',
    path: objectPath(reference.kind, reference.namespace, reference.name),
    query: {
      fieldManager: manager,
      force,
      fieldValidation: 'Strict',
      dryRun: isDryRun ? 'All' : undefined,
    },
    contentType: 'application/apply-patch+yaml',
    body: object,
    action: `${verb} ${describe(reference)}`,
    ...(onWarning === undefined ? {} : { onWarning }),
  });
}
