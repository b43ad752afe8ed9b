/** Ends a test run with why tests were skipped, what failed, and the line `N passed, N failed` that scripts read. */
import type { Reporter, TestCase, TestModule } from 'vitest/node' with {
  'resolution-mode': 'import',
};

/** A vitest reporter; stands after the default one, so that its lines are the last. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string) => tests.filter((test) => test.result().state === state);
    // A file that can't be loaded and a suite whose set-up fails have no tests to fail: they count by themselves, as
    // do errors outside of any test.
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = suites.filter((suite) => suite.errors().length > 0).length;
    const passed = inState('passed').length;
    const failed = inState('failed').length + broken + unhandledErrors.length;
    const skipped = inState('skipped');
    // Tests that the user filtered out are no news.
    const isFiltered = modules.some((module) => module.project.config.testNamePattern !== undefined);
    if (!isFiltered) for (const line of skippedLines(skipped)) process.stdout.write(`skipped: ${line}\n`);
    const failures = [
      ...inState('failed').map((test) => [nameOf(test), test.result().errors] as const),
      ...suites.map(
        (suite) => [suite.type === 'module' ? relative(suite) : suite.fullName, suite.errors()] as const,
      ),
      ['outside of any test', unhandledErrors as readonly Failure[]] as const,
    ];
    for (const [name, errors] of failures)
      for (const error of errors ?? []) process.stdout.write(`failed: ${name}: ${reasonOf(error)}\n`);
    if (passed + failed === 0) {
      process.stdout.write('No test ran: that is a failure too.\n');
      process.exitCode = 1;
    }
    process.stdout.write(`${closingLine(passed, failed, skipped.length)}\n`);
  }
}

function nameOf(test: TestCase): string {
  return `${relative(test.module)} > ${test.fullName}`;
}

function relative(module: TestModule): string {
  return module.moduleId.replace(`${process.cwd()}/`, '');
}

/** As vitest hands them over: `actual` is what a matcher was given. */
interface Failure {
  readonly message?: string;
  readonly actual?: unknown;
}

const MOST_ERRORS = 3;
const LONGEST_ERROR = 400;

/**
 * One line, with what tells most of what follows the first one: the seed and the example with which a property fails
 * again; the errors in the output of a program, which a matcher has in full and its message cuts.
 */
function reasonOf({ message = '', actual }: Failure): string {
  const [first = '', ...others] = message.split('\n');
  if (first.startsWith('Property failed'))
    return [first, ...others.filter((line) => /^(\{ seed:|Counterexample:)/.test(line))].join(' ');
  const output = typeof actual === 'string' ? actual.split('\n') : [];
  const errors = [...others, ...output].flatMap((line) => /\berror: .*/i.exec(line) ?? []);
  const told = [...new Set(errors)].slice(0, MOST_ERRORS).map((line) => line.slice(0, LONGEST_ERROR));
  return [first, ...told].join(' | ');
}

export function closingLine(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** One line per group of tests that share file, suite and reason. */
function skippedLines(tests: readonly TestCase[]): string[] {
  const counts = new Map<string, number>();
  for (const test of tests) {
    const result = test.result();
    const note = result.state === 'skipped' && result.note !== undefined ? ` [${result.note}]` : '';
    const isInSuite = test.parent.type === 'suite';
    const where = isInSuite ? test.parent.fullName : test.fullName;
    const line = `${relative(test.module)} > ${where}${note}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} tests)`));
}
