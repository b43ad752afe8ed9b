/** Patterns that say the same as the template of a family. */
import { templateFault } from '../patterns/template';

export interface TemplateOfPattern {
  readonly template: string;
  /** The pattern also matches this one name, which the template doesn't: the one with nothing for the placeholder. */
  readonly alsoMatches?: string;
}

const LITERAL = /^(?:\\[^A-Za-z0-9]|[^\\^$.|?*+()[\]{}])*$/s;
/** A name that ends so is one to which something belongs. */
const SEPARATED = /[:._/-]$/;

const END = /(?<!\\)(?:\\\\)*\$$/;

/** The templates whose names the pattern matches, and no others; undefined where there are none. */
export function templatesOf(pattern: string): readonly TemplateOfPattern[] | undefined {
  if (!pattern.startsWith('^')) return undefined;
  const isAnchored = END.test(pattern);
  const inner = isAnchored ? pattern.slice(1, -1) : pattern.slice(1);
  const group = /^\((?!\?)(.*)\)$/s.exec(inner)?.[1];
  if (group !== undefined && !isAnchored) return undefined;
  const alternatives = group === undefined ? [inner] : group.split('|');
  const found = alternatives.map((text) => templateOf(text, isAnchored));
  return found.every((each) => each !== undefined) ? found : undefined;
}

function templateOf(text: string, isAnchored: boolean): TemplateOfPattern | undefined {
  // Without an end, `^a` and `^a.*` match the same names.
  const open = !isAnchored && !/\.[*+]$/.test(text) ? `${text}.*` : text;
  const emptyEnd = /^(.*[^\\])\.\*$/s.exec(open)?.[1];
  const parts = (emptyEnd === undefined ? open : `${emptyEnd}.+`).split('.+');
  if (parts.length < 2 || !parts.every((part) => LITERAL.test(part))) return undefined;
  const literals = parts.map((part) => part.replace(/\\(.)/gs, '$1'));
  if (literals.some((literal) => /[{}]/.test(literal))) return undefined;
  const template = literals
    .map((literal, index) => (index === 0 ? literal : `{${placeholder(index, parts.length)}}${literal}`))
    .join('');
  if (templateFault(template) !== undefined || literals.every((literal) => literal === '')) return undefined;
  if (emptyEnd === undefined) return { template };
  const alone = literals.join('');
  return parts.length === 2 && SEPARATED.test(alone) ? { template, alsoMatches: alone } : undefined;
}

function placeholder(index: number, parts: number): string {
  return parts === 2 ? 'id' : `id${index}`;
}
