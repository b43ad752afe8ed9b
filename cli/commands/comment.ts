import { readFileSync } from 'node:fs';
import { reviewOfJob } from '../codeHosts/index';
import { writeComment } from '../codeHosts/oneComment';
import { ExitCode } from '../exitCodes';
import { UserError } from '../userError';

/** The first line of a report: by this its comment is found again. */
const MARKER = /^<!-- [\w ./-]+ -->$/;

/** `warren comment`: a report as the one comment of the pull or merge request that this job runs for. */
export async function comment(file: string): Promise<number> {
  let body: string;
  try {
    body = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UserError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code ?? 'failed'}`);
  }
  const marker = body.split('\n', 1)[0] ?? '';
  if (!MARKER.test(marker)) {
    throw new UserError(
      `${file} does not begin with a line such as <!-- warren diff -->, by which the comment is found again; \`warren diff --format markdown\` writes one`,
    );
  }
  const review = reviewOfJob(process.env);
  const done = { written: 'Wrote', updated: 'Updated', left: 'Left' }[await writeComment(review, body)];
  process.stdout.write(`${done} the comment on ${review.inWords}.\n`);
  return ExitCode.ok;
}
