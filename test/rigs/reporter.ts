/** Ends a test run with why tests were skipped, and the line `N passed, N failed` that scripts read. */
import type { Reporter, TestCase, TestModule } from 'vitest/node' with { 'resolution-mode': 'import' };

/** A vitest reporter; stands after the default one, so that its lines are the last. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string) => tests.filter((test) => test.result().state === state);
    // A file that can't be loaded has no tests to fail: it counts by itself, as do errors outside of any test.
    const brokenFiles = modules.filter((module) => module.errors().length > 0).length;
    const passed = inState('passed').length;
    const failed = inState('failed').length + brokenFiles + unhandledErrors.length;
    const skipped = inState('skipped');
    // Tests that the user filtered out are no news.
    const isFiltered = modules.some((module) => module.project.config.testNamePattern !== undefined);
    if (!isFiltered) for (const test of skipped) process.stdout.write(`skipped: ${skippedLine(test)}\n`);
    if (passed + failed === 0) {
      process.stdout.write('No test ran: that is a failure too.\n');
      process.exitCode = 1;
    }
    process.stdout.write(`${closingLine(passed, failed, skipped.length)}\n`);
  }
}

export function closingLine(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

function skippedLine(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' && result.note !== undefined ? ` [${result.note}]` : '';
  return `${test.module.moduleId.replace(`${process.cwd()}/`, '')} > ${test.fullName}${note}`;
}
