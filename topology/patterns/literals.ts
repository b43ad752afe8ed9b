/** What a pattern's text alone tells, without a search: the names that it lists, what all names begin with. */

const ESCAPED_OR_PLAIN = /^(?:\\[^A-Za-z0-9]|[^\\^$.|?*+()[\]{}])*$/;

/** The names that an anchored pattern spells out, such as `^(a|b\.c)$`; undefined for any other pattern. */
export function literalNames(pattern: string): readonly string[] | undefined {
  const inner = /^\^(.*)\$$/s.exec(pattern)?.[1];
  if (inner === undefined) return undefined;
  const group = /^\((?!\?)(.*)\)$/s.exec(inner)?.[1];
  const alternatives = group === undefined ? [inner] : splitAlternatives(group);
  if (!alternatives.every((text) => ESCAPED_OR_PLAIN.test(text))) return undefined;
  return alternatives.map((text) => text.replace(/\\(.)/gs, '$1'));
}

/** Ends before what might be repeated. */
const FIXED_BEGINNING = /^\^((?:(?:\\[^A-Za-z0-9]|[^\\^$.|?*+()[\]{}])(?![?*+{]))*)/s;

/** What every name begins with that the pattern matches; empty where that can't be told from its text alone. */
export function fixedBeginning(pattern: string): string {
  if (pattern.includes('|')) return '';
  return (FIXED_BEGINNING.exec(pattern)?.[1] ?? '').replace(/\\(.)/gs, '$1');
}

function splitAlternatives(text: string): string[] {
  return [...text.matchAll(/(?:^|\|)((?:\\.|[^\\|])*)/gs)].map(([, alternative = '']) => alternative);
}
