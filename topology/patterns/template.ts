/** Family templates: literal text with `{x}` for one or more characters. */
import { escapeRegex } from './brokerRegex';

/** One character, any one character, or any number of any characters. */
type Symbol_ = { readonly literal: string } | 'any' | 'anyMany';

const PLACEHOLDER = /\{[A-Za-z_][A-Za-z0-9_]*\}/g;

/** What is wrong with a template, in words; undefined if it is fine. */
export function templateFault(template: string): string | undefined {
  if (template.search(PLACEHOLDER) < 0) return 'it has no placeholder such as {id}';
  if (/[{}]/.test(template.replace(PLACEHOLDER, '')))
    return 'a brace in it belongs to no placeholder such as {id}';
  return undefined;
}

/** The literal texts of a template: between two of them stands a placeholder. */
export function templateParts(template: string): string[] {
  return template.split(PLACEHOLDER);
}

/** The names of a template's placeholders, in order; one may stand there several times. */
export function placeholdersOf(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), ([placeholder]) => placeholder.slice(1, -1));
}

/** The anchored regular expression, for RabbitMQ, that matches exactly the template's names. */
export function templateRegex(template: string): string {
  return `^${templateParts(template).map(escapeRegex).join('.+')}$`;
}

/** Whether a name is one of the template's. */
export function templateMatches(template: string, name: string): boolean {
  // Thousands of names are asked for, most of which begin otherwise.
  const start = template.search(PLACEHOLDER);
  if (start > 0 && !name.startsWith(template.slice(0, start))) return false;
  return canBothMatch(symbolsOf(template), literalSymbols(name));
}

/** Whether there is a name that both templates match. Exact, for any templates. */
export function templatesIntersect(a: string, b: string): boolean {
  return canBothMatch(symbolsOf(a), symbolsOf(b));
}

function symbolsOf(template: string): Symbol_[] {
  return templateParts(template).flatMap((text, index): Symbol_[] => [
    ...(index === 0 ? [] : (['any', 'anyMany'] as const)),
    ...literalSymbols(text),
  ]);
}

function literalSymbols(text: string): Symbol_[] {
  return Array.from(text, (literal) => ({ literal }));
}

/**
 * Dynamic programming from the back: `row[j]` says whether the rest of `a` from i and the rest of `b` from j have a
 * text in common. Quadratic in the lengths, whatever wildcards stand next to each other.
 */
function canBothMatch(a: readonly Symbol_[], b: readonly Symbol_[]): boolean {
  let below: boolean[] = [];
  for (let i = a.length; i >= 0; i -= 1) {
    const row: boolean[] = [];
    for (let j = b.length; j >= 0; j -= 1) {
      const [x, y] = [a[i], b[j]];
      const skipA = below[j] ?? false;
      const skipB = row[j + 1] ?? false;
      if (x === undefined && y === undefined) row[j] = true;
      else if (x === 'anyMany') row[j] = skipA || skipB;
      else if (y === 'anyMany') row[j] = skipB || skipA;
      else row[j] = x !== undefined && y !== undefined && isSame(x, y) && (below[j + 1] ?? false);
    }
    below = row;
  }
  return below[0] ?? false;
}

function isSame(x: Symbol_, y: Symbol_): boolean {
  if (typeof x === 'string' || typeof y === 'string') return true;
  return x.literal === y.literal;
}
