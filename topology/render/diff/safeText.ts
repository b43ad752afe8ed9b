/** Untrusted text on its way into a report. */

/** Control characters, and what turns the direction of a text or can't be seen, are made visible. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');
}

/** With an ellipsis where it is cut; counted in characters, so that none is cut in half. */
export function shortened(text: string, lengthMax: number): string {
  const characters = Array.from(text);
  return characters.length <= lengthMax ? text : `${characters.slice(0, lengthMax - 1).join('')}…`;
}
