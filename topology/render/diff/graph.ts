/**
 * The exchanges and queues of both sides in one picture, each with what becomes of it: from exchanges to what is bound
 * to them, and from queues to where their dead letters go.
 */
import { idOfNamed } from '../../diff/ids';
import type { ChangeClass, Side, TopologyDiff } from '../../diff/model';
import { worstOf } from '../../diff/model';
import { effectiveExchange, effectiveQueue, indexSide } from '../../diff/sideIndex';
import type { VhostIndex } from '../../diff/sideIndex';
import { compareNames } from '../../names';

/** `affected`: it isn't changed itself, but what counts for it is. */
export type Mark = 'added' | 'removed' | 'recreated' | 'renamed' | 'changed' | 'affected' | 'same';

export interface GraphNode {
  /** `queue paid@shop`, as the ids of changes. */
  readonly id: string;
  readonly kind: 'exchange' | 'queue';
  readonly vhost: string;
  readonly name: string;
  /** `topic`, `quorum`: of the head, or of the base where it goes. */
  readonly type: string;
  readonly mark: Mark;
  readonly class: ChangeClass;
}

export interface GraphEdge {
  /** Ids of nodes. */
  readonly from: string;
  readonly to: string;
  readonly kind: 'binding' | 'deadLetter' | 'alternate';
  /** The routing key, or the arguments of a binding; empty where there is none. */
  readonly label: string;
  readonly mark: 'added' | 'removed' | 'same';
}

export interface Graph {
  /** By vhost, exchanges before queues, by name. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface DiffSides {
  readonly base: Side;
  readonly head: Side;
}

type BareNode = Omit<GraphNode, 'mark' | 'class'>;
type BareEdge = Omit<GraphEdge, 'mark'>;

interface BareGraph {
  readonly nodes: Map<string, BareNode>;
  readonly edges: Map<string, BareEdge>;
}

export function diffGraph(diff: TopologyDiff, { base, head }: DiffSides): Graph {
  const [before, after] = [graphOf(base, head), graphOf(head, head)];
  const marks = marksOf(diff);
  const nodes = [...new Map([...before.nodes, ...after.nodes]).values()].map((node): GraphNode => {
    const known = marks.get(node.id) ?? { mark: 'same', class: 'none' };
    return { ...node, ...known };
  });
  const edges = [...new Map([...before.edges, ...after.edges])].map(([key, edge]): GraphEdge => {
    const [was, is] = [before.edges.has(key), after.edges.has(key)];
    return { ...edge, mark: was && is ? 'same' : is ? 'added' : 'removed' };
  });
  return { nodes: nodes.sort(inOrder), edges };
}

function inOrder(a: GraphNode, b: GraphNode): number {
  return compareNames(a.vhost, b.vhost) || compareNames(a.kind, b.kind) || compareNames(a.name, b.name);
}

function marksOf(diff: TopologyDiff): ReadonlyMap<string, Pick<GraphNode, 'mark' | 'class'>> {
  const marks = new Map<string, Pick<GraphNode, 'mark' | 'class'>>();
  for (const { effects } of diff.changes) {
    for (const { subject, class: its } of effects) {
      if (subject.kind !== 'queue' && subject.kind !== 'exchange') continue;
      const id = idOfNamed(subject.kind, subject.vhost, subject.name);
      marks.set(id, { mark: 'affected', class: worstOf([its, marks.get(id)?.class ?? 'none']) });
    }
  }
  for (const change of diff.changes) {
    if (change.kind !== 'queue' && change.kind !== 'exchange') continue;
    marks.set(change.id, { mark: change.change, class: change.class });
    if (change.change === 'renamed') marks.set(change.from, { mark: 'removed', class: change.class });
  }
  return marks;
}

function graphOf(side: Side, head: Side): BareGraph {
  const graph: BareGraph = { nodes: new Map(), edges: new Map() };
  for (const vhost of indexSide(side, head.target).vhosts.values()) {
    for (const { name, type } of vhost.parts.exchanges) addNode(graph, 'exchange', vhost.name, name, type);
    for (const queue of vhost.parts.queues.values()) {
      const { type } = effectiveQueue(vhost, queue.name, queue.arguments, head.target);
      addNode(graph, 'queue', vhost.name, queue.name, type);
    }
    addBindings(graph, vhost);
    addDeadLetters(graph, vhost, head);
    addAlternates(graph, vhost);
  }
  return graph;
}

function addNode(graph: BareGraph, kind: BareNode['kind'], vhost: string, name: string, type = ''): string {
  const id = idOfNamed(kind, vhost, name);
  if (!graph.nodes.has(id)) graph.nodes.set(id, { id, kind, vhost, name, type });
  return id;
}

function addEdge(graph: BareGraph, edge: BareEdge): void {
  graph.edges.set(JSON.stringify([edge.kind, edge.from, edge.to, edge.label]), edge);
}

function addBindings(graph: BareGraph, vhost: VhostIndex): void {
  for (const { source, destination, destinationType, routingKey, arguments: table } of vhost.parts.bindings) {
    const conditions = Object.entries(table).map(([key, value]) => `${key}=${String(value)}`);
    addEdge(graph, {
      // Exchanges of the broker's own are listed nowhere.
      from: addNode(graph, 'exchange', vhost.name, source),
      to: addNode(graph, destinationType, vhost.name, destination),
      kind: 'binding',
      label: [routingKey, ...conditions].filter((part) => part !== '').join(' '),
    });
  }
}

function addDeadLetters(graph: BareGraph, vhost: VhostIndex, { target }: Side): void {
  for (const queue of vhost.parts.queues.values()) {
    const { definition } = effectiveQueue(vhost, queue.name, queue.arguments, target);
    const exchange = definition['dead-letter-exchange'];
    if (typeof exchange !== 'string') continue;
    const key = definition['dead-letter-routing-key'];
    const label = typeof key === 'string' ? key : '';
    const from = idOfNamed('queue', vhost.name, queue.name);
    // The default exchange is no place of its own: it hands on to the queue of that name.
    const to =
      exchange === ''
        ? addNode(graph, 'queue', vhost.name, label === '' ? queue.name : label)
        : addNode(graph, 'exchange', vhost.name, exchange);
    addEdge(graph, { from, to, kind: 'deadLetter', label: exchange === '' ? '' : label });
  }
}

function addAlternates(graph: BareGraph, vhost: VhostIndex): void {
  for (const { name, arguments: table } of vhost.parts.exchanges) {
    const alternate = effectiveExchange(vhost, name, table).definition['alternate-exchange'];
    if (typeof alternate !== 'string') continue;
    const from = idOfNamed('exchange', vhost.name, name);
    addEdge(graph, {
      from,
      to: addNode(graph, 'exchange', vhost.name, alternate),
      kind: 'alternate',
      label: '',
    });
  }
}

export interface ChangedPart extends Graph {
  /** Nodes that are changed, and were left out. */
  readonly leftOut: number;
}

/** What is changed, with its neighbours as far as there is room; the worst first where there isn't. */
export function changedPart({ nodes, edges }: Graph, nodesMax: number): ChangedPart {
  const touched = new Set(edges.filter(({ mark }) => mark !== 'same').flatMap(({ from, to }) => [from, to]));
  const isChanged = ({ id, mark }: GraphNode): boolean => mark !== 'same' || touched.has(id);
  const changed = nodes.filter(isChanged);
  const worstFirst = (['security', 'destructive', 'disruptive', 'safe', 'none'] as const).flatMap((each) =>
    changed.filter((node) => node.class === each),
  );
  const chosen = new Set(worstFirst.slice(0, nodesMax).map(({ id }) => id));
  const centre = new Set(chosen);
  for (const { from, to } of edges) {
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      if (centre.has(one) && chosen.size < nodesMax) chosen.add(other);
    }
  }
  return {
    nodes: nodes.filter(({ id }) => chosen.has(id)),
    edges: edges.filter(({ from, to }) => chosen.has(from) && chosen.has(to)),
    leftOut: Math.max(0, changed.length - nodesMax),
  };
}
