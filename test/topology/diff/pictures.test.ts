/** The page and the picture of a diff: whole, without anything from elsewhere, and proof against hostile names. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import type { Side } from '../../../topology/diff/model';
import type { BrokerObject } from '../../../topology/objects';
import { renderDiffAsHtml } from '../../../topology/render/diff/html';
import { renderDiffAsSvg } from '../../../topology/render/diff/svg';
import { HOSTILE_NAMES, sideNamed } from './hostileNames';
import { sideOf } from './sides';

const page = (base: Side, head: Side): Promise<string> =>
  renderDiffAsHtml(diffTopologies(base, head), { base, head });
const picture = (base: Side, head: Side): Promise<string> =>
  renderDiffAsSvg(diffTopologies(base, head), { base, head });

const shop = (queues: string): Side =>
  sideOf(`warren: 1
vhosts:
  shop:
    exchanges: { orders: { type: topic } }
    queues:
      paid: { bindings: [{ exchange: orders, routingKey: order.paid }] }
${queues}`);
const BASE = shop('      old: { maxLength: 10, deadLetter: { queue: paid } }\n');
const HEAD = shop('      new: { deadLetter: { queue: paid } }\n');

const VOID_ELEMENTS = new Set(['meta', 'input']);
const OWN_ELEMENTS = new Set(
  (
    'html head meta title style body h1 h2 h3 p code main div section ul li span dl dt dd label input script ' +
    'svg g a rect text path defs marker'
  ).split(' '),
);

/** Every element is one of ours, closed where it must be, and holds no attribute that could run or load anything. */
function expectWhole(markup: string): void {
  const open: string[] = [];
  const bare = markup.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '').replace(/^<!doctype html>/, '');
  for (const [whole, slash, name = '', attributes = ''] of bare.matchAll(
    /<(\/?)([A-Za-z][^\s/>]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/g,
  )) {
    expect(OWN_ELEMENTS).toContain(name);
    expect(attributes.replace(/"[^"]*"/g, '')).not.toMatch(/\son\w+=|\ssrc=|xlink/);
    expect(attributes).not.toMatch(/^\s+href="(?!#change-\d+")/);
    if (slash === '/') expect(open.pop()).toBe(name);
    else if (!whole.endsWith('/>') && !VOID_ELEMENTS.has(name)) open.push(name);
  }
  expect(open).toEqual([]);
  expect(bare.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
  expect(bare).not.toMatch(/NaN|Infinity|undefined|\[object/);
  expect(markup).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]|url\((?!#to-)/);
}

it('is one page in which what changes in the picture leads to its description', async () => {
  const html = await page(BASE, HEAD);
  expectWhole(html);
  const ids = new Set([...html.matchAll(/ id="(change-\d+)"/g)].map(([, id]) => id));
  const links = [...html.matchAll(/href="#(change-\d+)"/g)].map(([, id]) => id);
  expect(links.length).toBeGreaterThanOrEqual(2);
  expect(links.filter((id) => !ids.has(id))).toEqual([]);
  expect(html).toMatch(
    /<g class="node removed"[^>]*><a href="#change-\d+"><title>queue old in vhost shop: removed/,
  );
  expect(html).toContain('<g class="edge deadLetter removed">');
  expect(html).toContain('<g class="node same"');
});

it('lets run no script but its own, and loads nothing', async () => {
  const html = await page(BASE, HEAD);
  const [script = '', ...others] = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    ([, text = '']) => text,
  );
  expect(others).toEqual([]);
  const hash = createHash('sha256').update(script).digest('base64');
  expect(html).toContain(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`);
  expect(html.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|<link|<iframe/);
});

it('is a picture for itself, also of nothing', async () => {
  for (const [base, head] of [
    [BASE, HEAD],
    [BASE, BASE],
  ] as const) {
    const svg = await picture(base, head);
    expectWhole(svg);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
    expect(svg).toMatch(/ width="\d+(\.\d)?" height="\d+(\.\d)?" /);
  }
  expect(await picture(BASE, BASE)).toContain('Nothing changes.');
  expectWhole(await page(BASE, BASE));
});

it.each(HOSTILE_NAMES)('keeps the name %j in its place', async (name) => {
  for (const [base, head] of [
    [sideNamed([]), sideNamed([name])],
    [sideNamed([name]), sideNamed([])],
    [sideNamed([name]), sideNamed([name, `${name}2`])],
  ] as const) {
    expectWhole(await page(base, head));
    expectWhole(await picture(base, head));
  }
});

it('keeps any name in its place', async () => {
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(names, async (name) => {
      expectWhole(await page(sideNamed(['plain']), sideNamed([name])));
    }),
    { numRuns: 60 },
  );
});

it('draws the worst of a change that is too large for a picture, and counts the rest', async () => {
  const queues = (count: number): Side => ({
    ...sideNamed([]),
    objects: [
      { kind: 'vhost', name: 'v' },
      ...Array.from({ length: count }, (_, index): BrokerObject => ({
        kind: 'queue',
        vhost: 'v',
        name: `q${index}`,
        durable: true,
        autoDelete: false,
        arguments: {},
      })),
    ],
  });
  const html = await page(queues(1_000), queues(0));
  expectWhole(html);
  expect(html).toContain('(880 more changed are not drawn)');
  expect(html.match(/<section class="change destructive"/g)).toHaveLength(1_000);
});
