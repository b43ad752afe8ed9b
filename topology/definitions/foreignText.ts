/** What is often taken for definitions, told by its first characters: nothing of it need be read to say what it is. */

/** 32 MB hold the definitions of 100,000 queues with their bindings. */
export const SIZE_MAX = 32_000_000;

export interface Foreign {
  readonly message: string;
  readonly reason?: string;
  readonly help: string;
}

export function foreignText(text: string): Foreign | undefined {
  if (text.length > SIZE_MAX) {
    return {
      message: `This file holds ${megabytes(text.length)} MB; definitions of up to ${megabytes(SIZE_MAX)} MB are read.`,
      help: 'Export one vhost at a time: /api/definitions/VHOST.',
    };
  }
  const start = /\S/.exec(text)?.index;
  if (start === undefined) {
    return {
      message: 'This file is empty.',
      reason: 'Mostly an export that failed.',
      help: 'Export it again: rabbitmqctl export_definitions FILE.',
    };
  }
  const begin = text.slice(start, start + 100);
  if (begin.startsWith('<')) {
    return {
      message: `This is ${/^<\?xml/i.test(begin) ? 'XML' : 'an HTML page'}, not definitions.`,
      reason: 'Mostly a login page, or an error of a proxy, was saved instead.',
      help: 'Take it from /api/definitions, as an administrator of the broker.',
    };
  }
  if (/^(#|---|warren:|vhosts:)/.test(begin)) {
    return { message: 'This is YAML, not definitions.', help: 'A topology can be used as it is.' };
  }
  return undefined;
}

function megabytes(length: number): string {
  return (length / 1e6).toFixed(0);
}
