/**
 * Text in Markdown as GitHub and GitLab read it. Names are untrusted: they must not become markup, a link, a mention, a
 * reference to an issue, or an image, and must not close what they stand in.
 */
import { visible } from './safeText';

/** Breaks what would be a link or a mention, and can't be seen. */
const ZERO_WIDTH_SPACE = '&#8203;';

/**
 * A sentence. Outside code no character reference keeps `@name`, `#1` or `http://…` from becoming a link, since these are
 * looked for once the text is read: an invisible space breaks them.
 */
export function sentence(text: string): string {
  return escaped(visible(text))
    .replace(/&#(?:64|35);/g, `$&${ZERO_WIDTH_SPACE}`)
    .replace(/&#58;(?=\/)/g, `$&${ZERO_WIDTH_SPACE}`)
    .replace(/www&#46;/gi, (found) => `${found.slice(0, 3)}${ZERO_WIDTH_SPACE}.`)
    .replace(/^[^\p{L}\p{M}&"'(]/u, (first) => `&#${first.codePointAt(0)};`);
}

/** A name, as code: neither mentions nor references are made of it there. */
export function code(text: string): string {
  return `<code>${escaped(visible(text))}</code>`;
}

/** What may be markup, by character reference. `_` in a word, and `:` but for `://`, are none, and stay readable. */
const MARKUP = /www\.|:(?=\/)|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|[^\p{L}\p{N}\p{M} .,;'"()=→±…_:/-]/giu;

function escaped(text: string): string {
  return text.replace(MARKUP, (found) =>
    found.length > 2 ? `${found.slice(0, 3)}&#46;` : `&#${found.codePointAt(0)};`,
  );
}
