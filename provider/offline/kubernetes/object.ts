/** Kubernetes objects as programs write them, as Pulumi's state holds them, and as the API server takes them. */
import type { KubernetesObject, Metadata } from '../../../kubernetesApi/objects';
import type { PropertyMap } from '../../values';
import { isTable } from './paths';

export const AUTONAMED = 'pulumi.com/autonamed';
export const SKIP_AWAIT = 'pulumi.com/skipAwait';
export const WAIT_FOR = 'pulumi.com/waitFor';
export const TIMEOUT_SECONDS = 'pulumi.com/timeoutSeconds';
export const PATCH_FORCE = 'pulumi.com/patchForce';
export const PATCH_FIELD_MANAGER = 'pulumi.com/patchFieldManager';
export const DELETION_PROPAGATION = 'pulumi.com/deletionPropagationPolicy';

/** The SDK can't have dashes in names. */
const DASHED = [
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
];
const TO_DASHES = new Map(DASHED.map((name) => [name.replaceAll('-', '_'), name]));
const TO_UNDERSCORES = new Map(DASHED.map((name) => [name, name.replaceAll('-', '_')]));

/** The API server's own: whoever sends them is refused. */
const READ_ONLY = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
];

export function metadataOf(values: PropertyMap): Metadata {
  return isTable(values.metadata) ? values.metadata : {};
}

export function annotationOf(values: PropertyMap, name: string): string | undefined {
  const { annotations } = metadataOf(values);
  const value: unknown = isTable(annotations) ? annotations[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

export function isAutonamed(values: PropertyMap): boolean {
  return annotationOf(values, AUTONAMED) === 'true';
}

/** What the API server is sent. */
export function wireForm(inputs: PropertyMap): KubernetesObject {
  const values = renamed(withoutNothing(inputs), TO_DASHES) as PropertyMap;
  const metadata = without(metadataOf(values), READ_ONLY);
  return withEncodedData({ ...values, metadata } as unknown as KubernetesObject);
}

/** What becomes the resource's outputs. Who owns which field is asked for whenever it counts. */
export function stateForm(live: KubernetesObject): PropertyMap {
  const metadata = without(live.metadata, ['managedFields']);
  return renamed({ ...live, metadata }, TO_UNDERSCORES) as PropertyMap;
}

/** What a program would have to say for an object that was found. */
export function inputsOf(live: KubernetesObject): PropertyMap {
  const rest = without(stateForm(live), ['status']);
  return { ...rest, metadata: without(metadataOf(rest), READ_ONLY) };
}

function without(table: object, names: readonly string[]): PropertyMap {
  return Object.fromEntries(Object.entries(table).filter(([name]) => !names.includes(name)));
}

/**
 * `stringData` is merged into `data` by the API server, which then forgets who wanted it: a key that the program leaves
 * out would stay. So it is merged here.
 */
function withEncodedData(object: KubernetesObject): KubernetesObject {
  if (object.apiVersion !== 'v1' || object.kind !== 'Secret' || !isTable(object.stringData)) return object;
  const { stringData, ...rest } = object;
  const encoded = Object.entries(stringData).map(([name, value]) => [
    name,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const data = { ...(isTable(rest.data) ? rest.data : {}), ...Object.fromEntries(encoded) } as object;
  return { ...rest, data };
}

function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (!isTable(value)) return value;
  const stated = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(stated.map(([name, item]) => [name, withoutNothing(item)]));
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [names.get(name) ?? name, renamed(item, names)]),
  );
}
