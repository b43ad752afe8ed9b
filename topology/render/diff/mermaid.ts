/**
 * The changed part as a Mermaid flowchart, as GitHub and GitLab draw it. Names are untrusted: in a label everything but
 * letters, digits and a few signs is written as a character code, so that none can end the label or the code block.
 */
import type { ChangedPart, GraphEdge, GraphNode, Mark } from './graph';

const LABEL_LENGTH_MAX = 60;

/** A hyphen or a plus in front would be the beginning of a list to Mermaid. */
const SIGNS: Readonly<Record<Mark, string>> = {
  added: '✚ ',
  removed: '− ',
  recreated: '± ',
  renamed: '→ ',
  changed: '~ ',
  affected: '~ ',
  same: '',
};

/** Readable on a light and on a dark page: strong borders, and no colour that a text must stand out from. */
const STYLES: readonly string[] = [
  'classDef added stroke:#1a7f37,stroke-width:3px',
  'classDef removed stroke:#cf222e,stroke-width:3px,stroke-dasharray:5 4',
  'classDef recreated stroke:#cf222e,stroke-width:3px',
  'classDef renamed stroke:#8250df,stroke-width:3px',
  'classDef changed stroke:#bf8700,stroke-width:3px',
  'classDef affected stroke:#bf8700,stroke-width:2px,stroke-dasharray:2 3',
];

/** Empty where no exchange or queue is concerned. */
export function renderMermaid({ nodes, edges }: ChangedPart): string {
  if (nodes.length === 0) return '';
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const vhosts = [...new Set(nodes.map(({ vhost }) => vhost))];
  const used = new Set(nodes.map(({ mark }) => mark));
  const groups = vhosts.flatMap((vhost, index) => [
    `  subgraph v${index}["vhost ${label(vhost)}"]`,
    '    direction LR',
    ...nodes.filter((node) => node.vhost === vhost).map((node) => `    ${nodeLine(node, names)}`),
    '  end',
  ]);
  const removed = edges.flatMap(({ mark }, index) => (mark === 'removed' ? [index] : []));
  const added = edges.flatMap(({ mark }, index) => (mark === 'added' ? [index] : []));
  return [
    'flowchart LR',
    ...groups,
    ...edges.map((edge) => `  ${edgeLine(edge, names)}`),
    ...STYLES.filter((style) => used.has(style.split(' ')[1] as Mark)).map((style) => `  ${style}`),
    ...(added.length === 0 ? [] : [`  linkStyle ${added.join(',')} stroke:#1a7f37,stroke-width:3px`]),
    ...(removed.length === 0
      ? []
      : [`  linkStyle ${removed.join(',')} stroke:#cf222e,stroke-width:3px,stroke-dasharray:5 4`]),
    '',
  ].join('\n');
}

function nodeLine(node: GraphNode, names: ReadonlyMap<string, string>): string {
  const text = `"${label(SIGNS[node.mark] + node.name)}"`;
  const shape = node.kind === 'queue' ? `[(${text})]` : `([${text}])`;
  return `${names.get(node.id) ?? ''}${shape}${node.mark === 'same' ? '' : `:::${node.mark}`}`;
}

function edgeLine(edge: GraphEdge, names: ReadonlyMap<string, string>): string {
  const words = {
    binding: edge.label,
    deadLetter: `dead letters ${edge.label}`.trim(),
    alternate: 'unroutable',
  };
  const arrow = edge.kind === 'binding' ? '-->' : '-.->';
  const text = words[edge.kind] === '' ? '' : `|"${label(words[edge.kind])}"|`;
  return `${names.get(edge.from) ?? ''} ${arrow}${text} ${names.get(edge.to) ?? ''}`;
}

function label(text: string): string {
  const characters = Array.from(text);
  const shown =
    characters.length > LABEL_LENGTH_MAX ? [...characters.slice(0, LABEL_LENGTH_MAX), '…'] : characters;
  return shown.map((each) => (/[A-Za-z0-9 _.,+-]/.test(each) ? each : `#${each.codePointAt(0)};`)).join('');
}
