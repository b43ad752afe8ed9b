/**
 * A resource type's properties as tables: what each may hold, what it is when left out, and what a change of it means.
 * Names, defaults and forms are those of `@pulumi/docker`.
 */

/** What another value means: the object is made anew, or (by default) changed as it is. */
type Effect = 'replace' | 'update';

interface FieldBase {
  readonly effect?: Effect;
  /** What can be changed, and can't be taken away again: then the object is made anew. */
  readonly removal?: 'replace';
  readonly isRequired?: true;
  /** The engine has an own value where none is given, which is no difference. */
  readonly isComputed?: true;
}

interface ScalarField<Form extends string, Value> extends FieldBase {
  readonly form: Form;
  readonly default?: Value;
  /** What is wrong with a value of the right form; undefined where nothing is. Never holds the value. */
  readonly check?: (value: Value) => string | undefined;
}

export type Field =
  | ScalarField<'text', string>
  | ScalarField<'integer', number>
  | ScalarField<'flag', boolean>
  /** `texts` keep their order; a `set` has none. */
  | (FieldBase & {
      readonly form: 'texts' | 'set';
      readonly check?: (value: string) => string | undefined;
      /** The one of several ways to write the same. */
      readonly canonical?: (value: string) => string;
    })
  /** Of texts, by name. */
  | (FieldBase & { readonly form: 'table' })
  | (FieldBase & { readonly form: 'object'; readonly fields: Fields })
  /** A set of objects: their order means nothing. */
  | (FieldBase & { readonly form: 'objects'; readonly fields: Fields });

export type Fields = Readonly<Record<string, Field>>;

export function matching(pattern: RegExp, expected: string): (value: string) => string | undefined {
  return (value) => (pattern.test(value) ? undefined : `must be ${expected}`);
}

export function atLeast(min: number): (value: number) => string | undefined {
  return (value) => (value >= min ? undefined : `must be at least ${min}`);
}

/** As Go writes and reads them: `1m30s`, `500ms`. */
const GO_DURATION = /^(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;

export const duration = matching(GO_DURATION, 'a duration such as 500ms, 30s or 1m30s');

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Of a checked duration. */
export function nanosecondsOf(text: string): number {
  let sum = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(amount) * (NANOSECONDS[unit] ?? 0);
  }
  return Math.round(sum);
}

/** The same the other way round, as Go writes it: `1m30s`, `500ms`, `0s`. */
export function durationText(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e9) {
    const unit = nanoseconds >= 1e6 ? 'ms' : nanoseconds >= 1e3 ? 'µs' : 'ns';
    return `${nanoseconds / (NANOSECONDS[unit] ?? 1)}${unit}`;
  }
  const seconds = nanoseconds / 1e9;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(9))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

/** The table of `[{ label, value }]`: labels are a list of pairs in `@pulumi/docker`. */
export const LABELS: Fields = {
  label: { form: 'text', isRequired: true },
  value: { form: 'text', isRequired: true },
};

export interface Label {
  readonly label: string;
  readonly value: string;
}

export function labelTable(labels: readonly Label[] = []): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

export function labelList(table: Readonly<Record<string, string>> | null | undefined): readonly Label[] {
  return Object.entries(table ?? {}).map(([label, value]) => ({ label, value }));
}
