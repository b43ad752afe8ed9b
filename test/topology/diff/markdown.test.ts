/** The comment of a pull request: what it says, that it fits, and that no name gets out of its place. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import type { Side } from '../../../topology/diff/model';
import type { BrokerObject } from '../../../topology/objects';
import { commentMarker, renderDiffAsMarkdown } from '../../../topology/render/diff/markdown';
import { code, sentence } from '../../../topology/render/diff/markdownText';
import { HOSTILE_NAMES, sideNamed } from './hostileNames';
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
  expect(text.startsWith(`${commentMarker('head.yaml')}\n\n### 🔴 RabbitMQ topology: `)).toBe(true);
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

it.each(HOSTILE_NAMES)('keeps the name %j in its place', (name) => {
  expectHarmless(comment(sideNamed([]), sideNamed([name])));
  expectHarmless(comment(sideNamed([name]), sideNamed([])));
});

it('keeps any name in its place', () => {
  const pieces = fc.constantFrom(
    ...HOSTILE_NAMES,
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
      expectHarmless(comment(sideNamed(['plain']), sideNamed([name])));
      const shown = toHtml(`- ${sentence(name)}\n- ${code(name)}`);
      expect(shown).not.toMatch(/<(?!\/?(ul|li|code|p)\b)/);
    }),
    { numRuns: 150 },
  );
});

it('fits into a comment, however much changes, and says what it leaves out', () => {
  const queues = (count: number): Side => ({
    ...sideNamed([]),
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
