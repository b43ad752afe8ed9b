import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import { readSource } from '../../topology/source/index';

function findings(text: string): string[] {
  return load(text, 't.yaml').diagnostics.map(
    ({ code, position }) => `${position?.line ?? 0}:${position?.column ?? 0} ${code}`,
  );
}

describe('reading a file', () => {
  it.each([
    ['an empty file', '', ['1:1 empty-file']],
    ['only a comment', '# nothing\n', ['1:1 empty-file']],
    ['binary data', 'warren: 1\n\u0000\u0001', ['2:1 not-text']],
    ['bytes that were not UTF-8', 'warren: \ufffd', ['1:9 not-text']],
    ['a tab as indentation', 'vhosts:\n\ta: 1\n', ['2:1 yaml-syntax']],
    ['an open quote', 'warren: "1\n', ['2:1 yaml-syntax']],
    ['a list', '- a\n- b\n', ['1:1 wrong-type']],
    ['plain text', 'hello\n', ['1:1 wrong-type']],
    ['Windows line ends', 'warren: 1\r\nvhosts:\r\n  a: { x: 1 }\r\n', ['3:8 unknown-key']],
    ['a binary value', 'warren: 1\nusers: !!binary aGVsbG8=\n', ['2:17 wrong-type', '2:17 yaml-tag']],
    ['a merge tag', 'warren: 1\nrules: { x: !!merge y }\n', ['2:21 bad-value', '2:21 yaml-tag']],
    ['a date of YAML 1.1', '%YAML 1.1\n---\nwarren: 2001-01-01\n', ['3:9 language-version']],
    ['a merge key of YAML 1.1', '%YAML 1.1\n---\nwarren: 1\nusers: { <<: { a: } }\n', ['4:10 merge-key']],
    [
      'a word that YAML 1.1 takes for false',
      '%YAML 1.1\n---\nwarren: 1\nbroker: { tls: { only: no } }\n',
      ['4:24 wrong-type'],
    ],
    ['an alias to itself', 'warren: 1\nvhosts: &v\n  a: *v\n', ['3:6 yaml-alias']],
  ])('%s', (_, text, expected) => {
    expect(findings(text)).toEqual(expected);
  });

  it('an alias bomb ends at once', () => {
    const layers = Array.from({ length: 30 }, (_, index) => {
      const alias = index === 0 ? '{}' : `*a${index - 1}`;
      return `    q${index}: &a${index} [${Array(10).fill(alias).join(', ')}]`;
    });
    const startedMs = performance.now();
    expect(findings(`warren: 1\nvhosts:\n  a:\n${layers.join('\n')}\n`)).toEqual(['1:1 alias-bomb']);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('nesting that exhausts the stack is a finding, not a crash', () => {
    const codes = load('['.repeat(200_000), 't.yaml').diagnostics.map(({ code }) => code);
    expect(codes).toEqual(['yaml-syntax']);
  });

  it.each([
    ['brackets', '[', '1:101'],
    ['braces', '{', '1:101'],
    ['dashes', '- ', '1:201'],
  ])('%s without an end are told where they are too deep, and not read to theirs', (_, text, place) => {
    const length = 15_000_000;
    expect(findings(text.repeat(length / text.length))).toEqual([`${place} yaml-syntax`]);
  });

  it.each([
    ['closing brackets', ']'],
    ['pairs of them', '[]'],
    ['directives', '%a\n'],
    ['documents', '---\n'],
  ])('of millions of %s only the first are read', (_, text) => {
    const { diagnostics } = load(text.repeat(15_000_000 / text.length), 't.yaml');
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(diagnostics.length).toBeLessThan(110);
  });

  it('a file that is far too long is not read at all', () => {
    const { diagnostics } = load('['.repeat(30_000_000), 't.yaml');
    expect(diagnostics).toMatchObject([{ code: 'yaml-syntax', position: { line: 1, column: 1 } }]);
    expect(diagnostics[0]?.message).toContain('30,000,000 characters');
    expect(diagnostics[0]?.reason).toContain('at most 16,000,000');
  });

  it('aliases stand for whole values', () => {
    const { objects, diagnostics } = load(
      'warren: 1\nvhosts:\n  a:\n    queues:\n      x: &q { ttl: 1m }\n      y: *q\n',
      't.yaml',
    );
    expect(diagnostics).toEqual([]);
    const policies = objects?.filter(({ kind }) => kind === 'policy');
    expect(policies).toMatchObject([{ pattern: '^(x|y)$', definition: { 'message-ttl': 60_000 } }]);
  });

  it('names are what is written, whatever YAML takes them for', () => {
    const { objects } = load(
      'warren: 1\nvhosts:\n  007:\n    queues: { true: , 1.50: , __proto__: , constructor: { ttl: 1s } }\n',
      't.yaml',
    );
    const names = objects?.flatMap((object) =>
      object.kind === 'queue' ? [`${object.vhost}/${object.name}`] : [],
    );
    expect(names).toEqual(['007/1.50', '007/__proto__', '007/constructor', '007/true']);
  });

  it('knows where keys and values stand', () => {
    const { source } = readSource('a:\n  bb: [1, two]\n  c:\n', 'f.yaml');
    expect(source?.at(['a', 'bb', 1])).toEqual({
      file: 'f.yaml',
      line: 2,
      column: 11,
      endLine: 2,
      endColumn: 14,
    });
    expect(source?.at(['a', 'bb'], 'key')).toMatchObject({ line: 2, column: 3, endColumn: 5 });
    // An empty value has no place of its own, and a path that isn't there none at all: the nearest key stands in.
    expect(source?.at(['a', 'c'])).toMatchObject({ line: 3, column: 3 });
    expect(source?.at(['a', 'bb', 'nope', 5])).toMatchObject({ line: 2, column: 3 });
  });
});

describe('messages say the way out', () => {
  function only(text: string): { readonly message: string; readonly help?: string | undefined } {
    const { diagnostics } = load(text, 't.yaml');
    expect(diagnostics).toHaveLength(1);
    const [diagnostic] = diagnostics;
    return { message: diagnostic?.message ?? '', help: diagnostic?.help };
  }
  const queue = (body: string): string => `warren: 1\nvhosts: { a: { queues: { q: ${body} } } }\n`;

  it.each([
    ['{ maxLenght: 5 }', 'Did you mean "maxLength"?'],
    ['{ max_length: 5 }', 'Did you mean "maxLength"?'],
    ['{ x-message-ttl: 5 }', 'Did you mean "ttl"?'],
    ['{ x-dead-letter-exchange: e }', 'Did you mean "deadLetter"?'],
    ['{ ttl: 7200 }', 'Say 7200s or 2h for seconds, or 7s200ms for milliseconds.'],
    ['{ overflow: drop }', 'drop-head'],
    ['{ deadLetter: { queue: qq } }', 'Did you mean "q"?'],
  ])('%s', (body, help) => {
    expect(only(queue(body)).help).toContain(help);
  });

  it('a target without quotes', () => {
    expect(only('warren: 1\ntarget: 4.0\n').help).toContain("Quote it, e.g. target: '4.3'");
  });

  it('names that are too long, in bytes', () => {
    const { message } = only(
      `warren: 1\nvhosts: { a: { queues: { ${'ü'.repeat(128)}: , ${'ü'.repeat(127)}: } } }`,
    );
    expect(message).toBe('The name of this queue is 256 bytes long.');
  });
});
