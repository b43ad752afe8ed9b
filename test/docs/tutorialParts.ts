/** The tutorial, part by part: each is what stands below one heading. */
import type { PageFolder } from './folder';
import { blocksOf, commandBlocks, textOf, type Block } from './pages';

export const TUTORIAL = 'docs/tutorial.md';
/** The quickstart, which has a test of its own: test/quickstart. */
export const OVERTURE = '1. A clone, and a first look';
/** Followed on containers: test/docker/tutorial.test.ts. */
export const PRODUCTION = '6. Production: three nodes on Docker';

export interface Part {
  readonly heading: string;
  /** Those with commands. */
  readonly blocks: readonly Block[];
}

/** Parts without commands are left out. */
export function partsOf(page: string): readonly Part[] {
  const headings = headingsOf(page);
  const parts = headings.map(({ heading, line }, index) => {
    const end = headings[index + 1]?.line ?? Infinity;
    const blocks = commandBlocks(page).filter((block) => block.line > line && block.line < end);
    return { heading, blocks };
  });
  return parts.filter(({ blocks }) => blocks.length > 0);
}

/** Writes the files that a part shows: blocks of YAML that begin with their name. */
export function writeFilesOf(
  folder: PageFolder,
  heading: string,
  here: Readonly<Record<string, string>> = {},
): void {
  const headings = headingsOf(TUTORIAL);
  const at = headings.findIndex((one) => one.heading === heading);
  const [start = 0, end = Infinity] = [headings[at]?.line, headings[at + 1]?.line];
  for (const { language, line, text } of blocksOf(TUTORIAL)) {
    const local = Object.entries(here).reduce((all, [from, to]) => all.replaceAll(from, to), text);
    const [, name] = /^# (\S+\.yaml)\n/.exec(local) ?? [];
    if (language !== 'yaml' || name === undefined || line < start || line > end) continue;
    folder.write({ [name]: local });
  }
}

function headingsOf(page: string): readonly { readonly heading: string; readonly line: number }[] {
  let isInBlock = false;
  return textOf(page)
    .split('\n')
    .flatMap((text, index) => {
      if (text.trimStart().startsWith('```')) isInBlock = !isInBlock;
      const [, heading] = isInBlock ? [] : (/^##+ (.*)$/.exec(text) ?? []);
      return heading === undefined ? [] : [{ heading, line: index + 1 }];
    });
}
