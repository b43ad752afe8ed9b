/** Text in XML and HTML, in elements and in quoted attributes. */
import { visible } from './safeText';

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names are untrusted. What XML doesn't know is made visible, too. */
export function xmlText(text: string): string {
  return (
    visible(text)
      // Half a character is none: a file with one in it can't be read as XML.
      .replace(
        /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\ufffe\uffff]/g,
        '\ufffd',
      )
      .replace(/[&<>"']/g, (each) => REFERENCES[each] ?? each)
  );
}
