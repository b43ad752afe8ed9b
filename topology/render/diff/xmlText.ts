/** Text in XML and HTML, in elements and in quoted attributes. */

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names are untrusted. Control characters, which XML doesn't know, and what turns the direction of a text, are made visible. */
export function xmlText(text: string): string {
  return (
    text
      // Half a character is none: a file with one in it can't be read as XML.
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
      .replace(
        /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/g,
        '\ufffd',
      )
      .replace(/[&<>"']/g, (each) => REFERENCES[each] ?? each)
  );
}
