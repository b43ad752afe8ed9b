/** Nested lines, as a tree is drawn on a terminal. */
export interface TreeNode {
  /** May have several lines. */
  readonly text: string;
  readonly children: readonly TreeNode[];
}

export function treeLines(nodes: readonly TreeNode[], indent = ''): string[] {
  return nodes.flatMap(({ text, children }, index) => {
    const isLast = index === nodes.length - 1;
    const below = `${indent}${isLast ? '  ' : '│ '} `;
    const [first, ...further] = text.split('\n');
    return [
      `${indent}${isLast ? '└─' : '├─'} ${first ?? ''}`,
      ...further.map((line) => below + line),
      ...treeLines(children, below),
    ];
  });
}
