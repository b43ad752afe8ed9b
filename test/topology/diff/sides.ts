/** Sides of a diff from YAML, for tests. */
import { diffTopologies } from '../../../topology/diff/index';
import type { Change, Side, TopologyDiff } from '../../../topology/diff/model';
import { sideOfTopology } from '../../../topology/diff/side';
import { load } from '../../../topology/index';
import type { Target } from '../../../topology/index';

export function sideOf(text: string, name = 'shop.yaml', target?: Target): Side {
  const { topology, objects, diagnostics } = load(text, name, target === undefined ? {} : { target });
  if (topology === undefined || objects === undefined) {
    throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  }
  return sideOfTopology(name, topology, objects);
}

/** What stands below `vhosts: { shop: }` on both sides, and further top-level keys. */
export function diffOf(base: string, head: string, more = '', moreOfHead = more): TopologyDiff {
  const text = (vhost: string, rest: string): string => `warren: 1\nvhosts: { shop: { ${vhost} } }\n${rest}`;
  return diffTopologies(sideOf(text(base, more), 'base.yaml'), sideOf(text(head, moreOfHead), 'head.yaml'));
}

export function changeIn(diff: TopologyDiff, id: string): Change {
  const found = diff.changes.find((change) => change.id === id);
  if (found === undefined)
    throw new Error(`no change "${id}" in ${diff.changes.map((each) => each.id).join(', ')}`);
  return found;
}

/** The codes of a change's reasons and of its effects. */
export function codesOf(change: Change): string[] {
  const all = [...change.reasons, ...change.effects.flatMap(({ reasons }) => reasons)];
  return [...new Set(all.map(({ code }) => code))].sort();
}
