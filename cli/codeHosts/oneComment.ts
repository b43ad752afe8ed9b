/** One comment for each report, which the next run finds again and updates. */
import type { Review } from './review';

/**
 * @param body begins with a line by which its comment is found again
 * @param mayCreate false for a report that is worth no comment of its own
 */
export async function writeComment(
  review: Review,
  body: string,
  mayCreate = true,
): Promise<'written' | 'updated' | 'left'> {
  const [marker] = body.split('\n', 1);
  const present = (await review.comments()).find(
    (each) => each.isOurs && each.body.split(/\r?\n/, 1)[0] === marker,
  );
  if (present === undefined) {
    if (!mayCreate) return 'left';
    await review.create(body);
    return 'written';
  }
  if (present.body === body) return 'left';
  await review.update(present.id, body);
  return 'updated';
}
