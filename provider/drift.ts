/**
 * Drift: what somebody changed or deleted on the broker since the state was written. A diff that knows of it makes a
 * plain `pulumi up` repair it, and `pulumi preview` show it, without a refresh before.
 */
import type { ObjectDiff } from './diff';
import type { PropertyChange } from './messages';
import type { AnyResourceType } from './resourceType';
import { canonicalJson } from '../topology/objects';
import { compareObjects, diffObjects, isCovered } from './diff';
import { topLevelProperty } from './messages';

/** One object as the state has it, as the broker has it (undefined where it is gone), and as the program wants it. */
export interface Versions {
  readonly before: object;
  readonly found: object | undefined;
  readonly after: object;
}

/**
 * The difference between broker and program, and what only the state has wrong yet. The latter never replaces: the
 * broker has it already. Nor does anything that is gone.
 */
export function diffWithBroker(type: AnyResourceType, { before, found, after }: Versions): ObjectDiff {
  const known = diffObjects(type, before, after);
  if (found === undefined) {
    const changes = known.changes.map((change) => ({ ...change, isReplacement: false }));
    return { changes, deleteBeforeReplace: false, isGone: true };
  }
  const real = diffObjects(type, found, after);
  const onlyInState = known.changes.filter(({ path }) => !isCovered(path, real.changes));
  const changes = [
    ...real.changes.map((change) => ({
      ...change,
      isUnseen: change.kind === 'delete' && !isCovered(change.path, known.changes),
    })),
    ...onlyInState.map((change) => ({ ...change, isReplacement: false })),
  ];
  return { ...real, changes };
}

/** For the user, beside the resource; undefined where nothing drifted. Values of secret properties are left out. */
export function driftInWords(
  type: AnyResourceType,
  { before, found, after }: Versions,
  where: { readonly endpoint: string; readonly secrets: ReadonlySet<string> },
): string | undefined {
  if (found === undefined) return `drift: ${type.absenceInWords ?? 'it was deleted'} on ${where.endpoint}`;
  const wanted = diffObjects(type, found, after).changes;
  const drifted = compareObjects(type, before, found).filter(({ path }) => isCovered(path, wanted));
  if (drifted.length === 0) return undefined;
  const facts = drifted.map((change) => {
    const isSecret = where.secrets.has(topLevelProperty(change.path));
    return isSecret ? `${change.path} is another one` : `${change.path} ${inWords(change)}`;
  });
  return `drift on ${where.endpoint}: ${facts.join('; ')}`;
}

/** Without what the program tells the engine to leave alone (`ignoreChanges`). */
export function withoutIgnored(difference: ObjectDiff, ignored: readonly string[]): ObjectDiff {
  if (ignored.length === 0) return difference;
  const isIgnored = ({ path }: PropertyChange): boolean =>
    ignored.some(
      (prefix) => path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`),
    );
  const changes = difference.changes.filter((change) => !isIgnored(change));
  const replaces = changes.some(({ isReplacement }) => isReplacement);
  return { ...difference, changes, deleteBeforeReplace: difference.deleteBeforeReplace && replaces };
}

function inWords({ before, after }: { readonly before: unknown; readonly after: unknown }): string {
  if (after === undefined) return `is gone, was ${shown(before)}`;
  return before === undefined
    ? `is ${shown(after)}, was not set`
    : `is ${shown(after)}, was ${shown(before)}`;
}

const SHOWN_LENGTH_MAX = 80;

function shown(value: unknown): string {
  const text = canonicalJson(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}
