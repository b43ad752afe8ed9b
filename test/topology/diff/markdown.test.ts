/** The comment of a pull request: what it says, that it fits, and that no name gets out of its place. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import type { Side } from '../../../topology/diff/model';
import type { BrokerObject } from '../../../topology/objects';
import { COMMENT_MARKER, renderDiffAsMarkdown } from '../../../topology/render/diff/markdown';
import { code, sentence } from '../../../topology/render/diff/markdownText';
import { sideOf } from './sides';

let toHtml: (markdown: string) => string;
beforeAll(async () => {
  const { marked } = await import('marked');
  toHtml = (markdown) => marked.parse(markdown, { async: false, gfm: true });
});

const BASE = `warren: 1
vhosts:
  shop:
    exchanges: { orders: { type: topic } }
    queues:
      paid: { maxLength: 1000, bindings: [{ exchange: orders, routingKey: order.paid }] }
      old: { bindings: [{ exchange: orders, routingKey: order.old }] }
`;
const HEAD = `warren: 1
vhosts:
  shop:
    exchanges: { orders: { type: topic } }
    queues:
      paid: { maxLength: 500, bindings: [{ exchange: orders, routingKey: order.paid }] }
`;

function comment(base: Side, head: Side, lengthMax?: number): string {
  const options = lengthMax === undefined ? {} : { lengthMax };
  return renderDiffAsMarkdown(diffTopologies(base, head), { base, head }, options);
}

/** What a reader of GitHub-flavoured Markdown makes of it. */
function elementsOf(markdown: string): string[] {
  return [
    ...new Set([...toHtml(markdown).matchAll(/<([a-z][a-z0-9]*)[\s/>]/gi)].map(([, name = '']) => name)),
  ].sort();
}

const OWN_ELEMENTS = new Set(
  'br h3 p code table thead tbody tr th td ul li em strong b details summary pre'.split(' '),
);

it('says the worst first, with its place, and draws what changes', () => {
  const text = comment(sideOf(BASE, 'base.yaml'), sideOf(HEAD, 'head.yaml'));
  expect(text.startsWith(`${COMMENT_MARKER}\n\n### 🔴 RabbitMQ topology: `)).toBe(true);
  expect(text).toContain('| 🔴 destructive | <code>- queue old&#64;shop</code> and 1 with it |');
  expect(text).toContain('at <code>base.yaml:7</code>');
  expect(text).toContain('[("#8722; old")]:::removed');
  expect(text).toContain('-->|"order.old"|');
  expect(elementsOf(text).filter((each) => !OWN_ELEMENTS.has(each))).toEqual([]);
});

it('says so where nothing changes, and where nothing is dangerous', () => {
  const side = sideOf(BASE);
  expect(comment(side, side)).toContain('### ⚪ RabbitMQ topology: nothing changes');
  expect(comment(sideOf(HEAD), sideOf(`${HEAD}      new: {}\n`))).toContain(
    'Nobody is cut off, and nothing is lost.',
  );
});

const HOSTILE = [
  '</code></details><script>alert(1)</script>',
  '![x](http://evil.example/x.png)',
  '[x](javascript:alert(1))',
  '`` ` ```',
  '```\n# heading\n```',
  '| a | b |',
  '@everyone #1 GH-1 owner/repo#1 :tada:',
  'http://evil.example www.evil.example me@evil.example mailto:me@evil.example',
  '<!-- warren diff -->',
  '-->"]; click n0 "http://evil.example"',
  '%%{init: {"theme":"x"}}%%',
  '&lt;b&gt; &#60;b&#62;',
  '1. one',
  '- item',
  '# heading',
  '    code',
  '*a* _b_ **c** ~~d~~ $e$ \\f',
  'rtl \u202e gnp.exe',
  'line\nbreak\r\n\ttab\u0000',
];

function topologyWith(names: readonly string[]): Side {
  const objects = names.flatMap((name): BrokerObject[] => [
    { kind: 'vhost', name },
    {
      kind: 'exchange',
      vhost: name,
      name,
      type: 'topic',
      durable: true,
      autoDelete: false,
      internal: false,
      arguments: {},
    },
    { kind: 'queue', vhost: name, name, durable: true, autoDelete: false, arguments: { [name]: name } },
    {
      kind: 'binding',
      vhost: name,
      source: name,
      destination: name,
      destinationType: 'queue',
      routingKey: name,
      arguments: { [name]: name },
    },
    {
      kind: 'policy',
      vhost: name,
      name,
      pattern: '.*',
      applyTo: 'queues',
      priority: 0,
      definition: { 'dead-letter-exchange': name, 'max-length': 5 },
    },
    { kind: 'user', name, tags: [name] },
    { kind: 'permissions', vhost: name, user: name, configure: '.*', write: '.*', read: '.*' },
  ]);
  return {
    name: names[0] ?? 'x',
    objects,
    target: '4.3',
    workers: names.map((name) => ({ name, vhost: name, user: name, queues: [name] })),
  };
}

function expectHarmless(markdown: string): void {
  const fenced = markdown.match(/```mermaid\n[\s\S]*?\n```/g) ?? [];
  for (const each of fenced) {
    for (const line of each.split('\n').slice(1, -1)) {
      expect(line).toMatch(
        /^(flowchart LR| {2}(subgraph v\d+\["[\w #;.,+-]*"\]|end| {2}direction LR|( {2})?n\d+[[(]+"[\w #;.,+-]*"[\])]+(:::\w+)?|n\d+ -\.?->(\|"[\w #;.,+-]*"\|)? n\d+|classDef .*|linkStyle [\d,]+ .*))$/,
      );
    }
  }
  expect(elementsOf(markdown).filter((each) => !OWN_ELEMENTS.has(each))).toEqual([]);
  expect(markdown.match(/<!--/g)).toHaveLength(1);
  expect(markdown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
  // Outside code: no mention, no reference, no link.
  const prose = markdown.replace(/<code>.*?<\/code>/g, '').replace(/&#8203;/g, '');
  expect(prose).not.toMatch(/[@]\w/);
}

it.each(HOSTILE)('keeps the name %j in its place', (name) => {
  expectHarmless(comment(topologyWith([]), topologyWith([name])));
  expectHarmless(comment(topologyWith([name]), topologyWith([])));
});

it('keeps any name in its place', () => {
  const pieces = fc.constantFrom(
    ...HOSTILE,
    ...'`<>|[]()!@#*_~$\\&"\'-:/.% \n'.split(''),
    'a',
    'é',
    '😀',
    'www.',
    '://',
  );
  const names = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(names, (name) => {
      expectHarmless(comment(topologyWith(['plain']), topologyWith([name])));
      const shown = toHtml(`- ${sentence(name)}\n- ${code(name)}`);
      expect(shown).not.toMatch(/<(?!\/?(ul|li|code|p)\b)/);
    }),
    { numRuns: 150 },
  );
});

it('fits into a comment, however much changes, and says what it leaves out', () => {
  const queues = (count: number): Side => ({
    ...topologyWith([]),
    objects: [
      { kind: 'vhost', name: 'v' },
      ...Array.from({ length: count }, (_, index): BrokerObject => ({
        kind: 'queue',
        vhost: 'v',
        name: `${'&'.repeat(200)}${index}`,
        durable: true,
        autoDelete: false,
        arguments: {},
      })),
    ],
  });
  const text = comment(queues(2_000), queues(0));
  expect(text.length).toBeLessThanOrEqual(60_000);
  expect(text).toMatch(
    /There is no room here for the details of [\d,]+ more: <code>warren diff<\/code> shows all\./,
  );
  expect(text).toContain('### 🔴 RabbitMQ topology: 2,000 changes: 2,000 destructive');
  expect(elementsOf(text).filter((each) => !OWN_ELEMENTS.has(each))).toEqual([]);
  expect(text.match(/<details/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  expect(comment(queues(5), queues(0), 4_000).length).toBeLessThanOrEqual(4_000);
});
