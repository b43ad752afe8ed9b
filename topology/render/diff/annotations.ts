/** A diff as annotations of a pull request: what is worse than safe, at its line in the head. */
import type { ChangeClass, Reason, TopologyDiff } from '../../diff/model';
import { workflowCommand } from '../workflowCommand';
import type { Annotation } from '../workflowCommand';
import { headline, outline, reasonsOf } from './outline';

const LEVELS: Readonly<Partial<Record<ChangeClass, Annotation['level']>>> = {
  security: 'error',
  destructive: 'error',
  disruptive: 'warning',
};

/** The worst first: GitHub shows ten of a step. */
export function renderDiffAsAnnotations(diff: TopologyDiff): string {
  const commands = outline(diff).flatMap(({ class: its, entries }) => {
    const level = LEVELS[its];
    if (level === undefined) return [];
    return entries.map(({ change, parts }) =>
      workflowCommand({
        level,
        title: `${its}: ${headline({ change, parts })}`,
        // What is gone has no line in the head any more.
        position: change.positions.head,
        text: reasonsOf(change).map(inWords).join('\n'),
      }),
    );
  });
  return commands.map((command) => `${command}\n`).join('');
}

function inWords({ why, instead }: Reason): string {
  return instead === undefined ? why : `${why} ${instead}`;
}
