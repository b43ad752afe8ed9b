/** Manifests: YAML of one or many objects. */
import { parseAllDocuments } from 'yaml';

type Table = Readonly<Record<string, unknown>>;

/** What isn't right with a manifest, and where. */
export class ManifestError extends Error {}

/** The objects of a YAML text, those of lists one by one. @throws ManifestError */
export function objectsIn(text: string): readonly Table[] {
  return parseAllDocuments(text).flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw new ManifestError(`document ${index + 1} of the manifest: ${error.message}`);
    const value = document.toJS() as unknown;
    if (value === null || value === undefined) return [];
    return flattened(value, index);
  });
}

function flattened(value: unknown, index: number): readonly Table[] {
  const object = value as {
    readonly apiVersion?: unknown;
    readonly kind?: unknown;
    readonly items?: unknown;
  };
  const isObject = typeof value === 'object' && typeof object.kind === 'string';
  if (!isObject || typeof object.apiVersion !== 'string') {
    throw new ManifestError(
      `document ${index + 1} of the manifest is no object with \`apiVersion\` and \`kind\``,
    );
  }
  if (object.kind === 'List' && Array.isArray(object.items)) {
    return (object.items as unknown[]).flatMap((item) => flattened(item, index));
  }
  return [value as Table];
}
