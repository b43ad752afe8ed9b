/** The model of a diff as JSON: topology/diff/schema.json describes it. */
import type { TopologyDiff } from '../../diff/model';

export function renderDiffAsJson(diff: TopologyDiff): string {
  return `${JSON.stringify(diff, null, 2)}\n`;
}
