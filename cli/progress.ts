/** One line per step on stderr, so that stdout stays what a script reads. */
export function createProgress(): (message: string) => void {
  return (message) => {
    process.stderr.write(`  ${message}\n`);
  };
}
