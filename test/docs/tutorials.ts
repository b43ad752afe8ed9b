/** Pages that are followed from the first line to the last, each by tests of its own. */
export const TUTORIAL_PAGES: readonly string[] = ['docs/package.md', 'docs/tutorial.md'];
