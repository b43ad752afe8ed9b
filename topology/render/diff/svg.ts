/** The changed part of a topology as a picture of its own, for light and dark pages. No script, nothing from outside. */
import type { TopologyDiff } from '../../diff/model';
import { changedPart, diffGraph } from './graph';
import type { ChangedPart, DiffSides, GraphEdge, GraphNode } from './graph';
import { kindInWords, placed } from './layout';
import type { PlacedEdge, PlacedGraph, PlacedNode, Point } from './layout';
import { countsInWords } from './outline';
import { xmlText } from './xmlText';

/** So many exchanges and queues can still be told apart. */
export const NODES_MAX = 120;

const TITLE_HEIGHT = 44;
const WIDTH_MIN = 420;

/** Shared with the page that the picture is a part of. */
export const PICTURE_STYLE = `
.picture { --ink:#1f2328; --paper:#ffffff; --quiet:#59636e; --line:#8c959f; --plain:#f6f8fa; --comes:#1a7f37; --goes:#cf222e; --changes:#9a6700; --renamed:#8250df;
  font: 12px ui-sans-serif, system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { .picture { --ink:#f0f6fc; --paper:#0d1117; --quiet:#9198a1; --line:#656c76; --plain:#151b23; --comes:#3fb950; --goes:#f85149; --changes:#d29922; --renamed:#ab7df8; } }
.picture text { fill: var(--ink); } .picture .quiet { fill: var(--quiet); font-size: 10px; }
.picture .shape { fill: var(--plain); stroke: var(--line); stroke-width: 1.2; }
.picture .edge path { fill: none; stroke: var(--line); stroke-width: 1.2; } .picture .edge text { fill: var(--quiet); font-size: 10px; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.picture .deadLetter path, .picture .alternate path { stroke-dasharray: 2 3; }
.picture .added .shape, .picture .edge.added path { stroke: var(--comes); stroke-width: 2.4; } .picture .added text.sign { fill: var(--comes); }
.picture .removed .shape, .picture .edge.removed path { stroke: var(--goes); stroke-width: 2.4; stroke-dasharray: 6 4; } .picture .removed text.sign, .picture .recreated text.sign { fill: var(--goes); }
.picture .recreated .shape { stroke: var(--goes); stroke-width: 2.4; }
.picture .renamed .shape { stroke: var(--renamed); stroke-width: 2.4; } .picture .renamed text.sign { fill: var(--renamed); }
.picture .changed .shape, .picture .affected .shape { stroke: var(--changes); stroke-width: 2.4; } .picture .affected .shape { stroke-dasharray: 2 3; } .picture .changed text.sign, .picture .affected text.sign { fill: var(--changes); }
.picture .sign { font-weight: 700; font-size: 14px; }
.picture a:hover .shape, .picture a:focus .shape { stroke: var(--ink); }
`;

export async function renderDiffAsSvg(diff: TopologyDiff, sides: DiffSides): Promise<string> {
  const part = changedPart(diffGraph(diff, sides), NODES_MAX);
  const graph = await placed(part);
  const [width, height] = [Math.max(WIDTH_MIN, graph.width), graph.height + TITLE_HEIGHT];
  const title = diff.changes.length === 0 ? 'Nothing changes.' : countsInWords(diff);
  const heading = xmlText(`${diff.base.name} → ${diff.head.name}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}">
<title>${heading}: ${xmlText(title)}</title>
<style>${PICTURE_STYLE}</style>
<rect width="100%" height="100%" fill="var(--paper)"/>
<text x="16" y="20" font-weight="700">${heading}</text>
<text x="16" y="36" class="quiet">${xmlText(title)}${xmlText(noteOn(part))}</text>
<g transform="translate(0 ${TITLE_HEIGHT})">
${drawing(graph)}
</g>
</svg>
`;
}

export function noteOn({ nodes, leftOut }: ChangedPart): string {
  if (nodes.length === 0) return ' No exchange and no queue is concerned.';
  return leftOut === 0 ? '' : ` (${leftOut.toLocaleString('en-US')} more changed are not drawn)`;
}

/** @param linkOf where a node leads to; undefined for nowhere */
export function drawing(
  { nodes, edges }: PlacedGraph,
  linkOf: (node: GraphNode) => string | undefined = () => undefined,
): string {
  return [
    ARROWS,
    ...edges.map(edgeElement),
    ...nodes.map((each) => nodeElement(each, linkOf(each.node))),
  ].join('\n');
}

const ARROWS = `<defs>${['same', 'added', 'removed']
  .map((mark) => {
    const color = { same: 'line', added: 'comes', removed: 'goes' }[mark] ?? 'line';
    return `<marker id="to-${mark}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8Z" style="fill:var(--${color})"/></marker>`;
  })
  .join('')}</defs>`;

const SIGNS: Readonly<Record<GraphNode['mark'], string>> = {
  added: '+',
  removed: '−',
  recreated: '±',
  renamed: '→',
  changed: '~',
  affected: '~',
  same: '',
};

function nodeElement({ node, x, y, width, height, text }: PlacedNode, link: string | undefined): string {
  const [left, top] = [round(x - width / 2), round(y - height / 2)];
  const radius = node.kind === 'exchange' ? height / 2 : 4;
  const sign =
    SIGNS[node.mark] === ''
      ? ''
      : `<text class="sign" x="${round(left + 8)}" y="${round(y - 1)}">${SIGNS[node.mark]}</text>`;
  const drawn = [
    `<title>${xmlText(`${node.kind} ${node.name} in vhost ${node.vhost}: ${node.mark === 'same' ? 'as before' : node.mark}`)}</title>`,
    `<rect class="shape" x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" rx="${round(radius)}"/>`,
    sign,
    `<text x="${round(x)}" y="${round(y - 2)}" text-anchor="middle">${xmlText(text)}</text>`,
    `<text class="quiet" x="${round(x)}" y="${round(y + 12)}" text-anchor="middle">${xmlText(kindInWords(node))}</text>`,
  ].join('');
  const inner = link === undefined ? drawn : `<a href="${xmlText(link)}">${drawn}</a>`;
  return `<g class="node ${node.mark}" data-vhost="${xmlText(node.vhost)}">${inner}</g>`;
}

function edgeElement({ edge, points, label }: PlacedEdge): string {
  const text =
    label === undefined
      ? ''
      : `<text x="${round(label.x)}" y="${round(label.y + 3)}" text-anchor="middle">${xmlText(label.text)}</text>`;
  return `<g class="edge ${edge.kind} ${edge.mark}"><title>${xmlText(edgeInWords(edge))}</title><path d="${curve(points)}" marker-end="url(#to-${edge.mark})"/>${text}</g>`;
}

function edgeInWords({ from, to, kind, label }: GraphEdge): string {
  const words = { binding: 'binding', deadLetter: 'dead letters', alternate: 'what is unroutable' }[kind];
  return `${words} from ${from} to ${to}${label === '' ? '' : `: ${label}`}`;
}

/** A soft line through the points: each bend lies between the middles of its two stretches. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const last = rest.at(-1) ?? first;
  const bends = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${round(point.x)} ${round(point.y)} ${round(end.x)} ${round(end.y)}`;
  });
  const line = bends.length === 0 ? `L${round(last.x)} ${round(last.y)}` : bends.join('');
  return `M${round(first.x)} ${round(first.y)}${line}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
