/** Where the exchanges and queues of a graph stand in a picture, and how their edges run: from left to right. */
import { displayWidth } from '../terminalText';
import type { Graph, GraphEdge, GraphNode } from './graph';
import { shortened } from './safeText';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedNode extends Point {
  readonly node: GraphNode;
  /** In pixels; `x` and `y` are its centre. */
  readonly width: number;
  readonly height: number;
  /** Of what it says: shortened where it is too long. */
  readonly text: string;
}

export interface PlacedEdge {
  readonly edge: GraphEdge;
  readonly points: readonly Point[];
  /** Absent where there is nothing to say. */
  readonly label?: Point & { readonly text: string };
}

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

const CHARACTER_WIDTH = 7.4;
const SMALL_CHARACTER_WIDTH = 6.2;
const NODE_HEIGHT = 40;
/** With room for a sign at the left. */
const NODE_PADDING = 48;
const TEXT_LENGTH_MAX = 40;
const LABEL_LENGTH_MAX = 30;
const LABEL_HEIGHT = 14;
const MARGIN = 16;

const EDGE_WORDS: Readonly<Record<GraphEdge['kind'], string>> = {
  binding: '',
  deadLetter: 'dead letters',
  alternate: 'unroutable',
};

/** As much of the library as is used: its own types can't be resolved from here. */
interface Layering {
  readonly Graph: new (options: { readonly multigraph: boolean }) => LayeredGraph;
  readonly layout: (graph: LayeredGraph) => void;
}

interface LayeredGraph {
  setGraph(options: Readonly<Record<string, string | number>>): void;
  setNode(id: string, size: { readonly width: number; readonly height: number }): void;
  setEdge(from: string, to: string, label: Readonly<Record<string, string | number>>, name: string): void;
  graph(): { readonly width: number; readonly height: number };
  node(id: string): Point & { readonly width: number; readonly height: number };
  edge(from: string, to: string, name: string): Partial<Point> & { readonly points: readonly Point[] };
}

export async function placed({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>): Promise<PlacedGraph> {
  // Loaded by who draws: `warren` starts without it.
  const { Graph: LayeredGraph, layout: arrange } = (await import('@dagrejs/dagre')) as unknown as Layering;
  const graph = new LayeredGraph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 56, marginx: MARGIN, marginy: MARGIN });
  const texts = new Map(nodes.map((node) => [node.id, shortened(node.name, TEXT_LENGTH_MAX)]));
  for (const node of nodes) {
    const widths = [
      displayWidth(texts.get(node.id) ?? '') * CHARACTER_WIDTH,
      displayWidth(kindInWords(node)) * SMALL_CHARACTER_WIDTH,
    ];
    graph.setNode(node.id, { width: Math.max(...widths) + NODE_PADDING, height: NODE_HEIGHT });
  }
  const labels = edges.map(({ kind, label }) =>
    shortened(`${EDGE_WORDS[kind]} ${label}`.trim(), LABEL_LENGTH_MAX),
  );
  edges.forEach(({ from, to }, index) => {
    const text = labels[index] ?? '';
    const width = displayWidth(text) * SMALL_CHARACTER_WIDTH;
    const size = text === '' ? {} : { width, height: LABEL_HEIGHT, labelpos: 'c' as const };
    graph.setEdge(from, to, size, String(index));
  });
  arrange(graph);
  const { width, height } = graph.graph();
  return {
    width: Math.max(width, 2 * MARGIN),
    height: Math.max(height, 2 * MARGIN),
    nodes: nodes.map((node) => {
      return { node, ...graph.node(node.id), text: texts.get(node.id) ?? '' };
    }),
    edges: edges.map((edge, index) => {
      const run = graph.edge(edge.from, edge.to, String(index));
      const text = labels[index] ?? '';
      const at = { x: run.x ?? 0, y: run.y ?? 0 };
      return { edge, points: run.points, ...(text === '' ? {} : { label: { ...at, text } }) };
    }),
  };
}

/** `quorum queue`; below the name. */
export function kindInWords({ kind, type }: GraphNode): string {
  return `${type} ${kind}`.trim();
}
