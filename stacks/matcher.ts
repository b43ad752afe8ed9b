/** Whether a pattern matches a name: only to decide who waits for whom, so one that JavaScript can't read matches. */
export function matcherOf(pattern: string): (name: string) => boolean {
  try {
    const expression = new RegExp(pattern, 'u');
    return (name) => expression.test(name);
  } catch {
    return () => true;
  }
}
