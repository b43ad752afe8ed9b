/** Whether a label lets a change pass, and what becomes of one that is too old for that. */
import { UserError } from '../userError';
import type { Review } from './review';

export interface Reading {
  readonly isApproved: boolean;
  /** Of a label that is there and approves nothing: why, what was done about it, and the way out. */
  readonly note?: string;
}

/** Takes a label off that is too old, where that can be done: what reads it later must not take it for an approval. */
export async function readLabel(review: Review, label: string): Promise<Reading> {
  const approval = await review.approval(label);
  const which = `the label "${label}" on ${review.inWords}`;
  switch (approval.is) {
    case 'absent':
      return { isApproved: false };
    case 'given':
      return { isApproved: true };
    case 'outdated':
      return { isApproved: false, note: await withdrawn(review, label, `T${which.slice(1)}`) };
    case 'unknown':
      return {
        isApproved: false,
        note: `Whether ${which} is older than the last push can't be known, so it approves nothing: ${approval.why}`,
      };
  }
}

async function withdrawn(review: Review, label: string, which: string): Promise<string> {
  const obstacle = await obstacleToTakingOff(review, label);
  if (obstacle === undefined) {
    return `${which} was given for what was there before the last push, and is taken off. Whoever may approve the change as it is now gives it anew.`;
  }
  return `${which} was given for what was there before the last push, and approves nothing. Whoever may approve the change as it is now takes it off, and gives it anew. ${obstacle}`;
}

/** Undefined once it is off. */
async function obstacleToTakingOff({ takeOff, obstacleToComment }: Review, label: string) {
  if (takeOff === undefined) return 'Then run this job again.';
  let why = obstacleToComment;
  try {
    if (why === undefined) await takeOff(label);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    why = error.message;
  }
  return why === undefined ? undefined : `This job can't take it off: ${why}`;
}
