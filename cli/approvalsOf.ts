/** What a reviewed change needs to be approved with, in the words of the setting `approve` and of WARREN_APPROVE. */
import { subjectOfQueue, subjectOfVhost } from '../broker/guards/approvals';
import type { Change, ShownObject, TopologyDiff } from '../topology/diff/model';

/**
 * One in a line: each queue and vhost that goes, and each queue that is recreated. An approval of recreating doesn't
 * agree to a loss of messages.
 */
export function approvalsOf(diff: TopologyDiff): string {
  return diff.changes
    .flatMap(approvalOf)
    .map((approval) => `${approval}\n`)
    .join('');
}

function approvalOf(change: Change): readonly string[] {
  if (change.kind === 'vhost') return change.change === 'removed' ? [subjectOfVhost(change.name)] : [];
  if (change.kind !== 'queue') return [];
  switch (change.change) {
    case 'removed':
    case 'renamed':
      return [subjectOf(change.before)];
    case 'recreated':
      return [`recreate ${subjectOf(change.before)}`];
    default:
      return [];
  }
}

function subjectOf({ vhost, name }: ShownObject): string {
  if (typeof vhost !== 'string' || typeof name !== 'string')
    throw new Error('a queue has a name and a vhost');
  return subjectOfQueue(vhost, name);
}
