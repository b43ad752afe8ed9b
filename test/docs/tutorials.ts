/** Pages that are followed from the first line to the last, by a test of their own. */
export const TUTORIAL_PAGES: readonly string[] = ['docs/package.md'];
