/** The systems under load, in containers: what the tests on containers have (an engine, images) is had here, too. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const CHECKOUT = path.resolve(__dirname, '../..');

interface Result {
  readonly row: string;
  readonly figures: Readonly<Record<string, number | string>>;
}

/** @param rows only those whose titles hold this */
export async function benchDocker(rows: string | undefined): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-bench-'));
  const file = path.join(folder, 'results');
  try {
    const exitCode = await runVitest(rows, { WARREN_BENCH_RESULTS: file });
    if (fs.existsSync(file)) printResults(fs.readFileSync(file, 'utf8'));
    if (exitCode !== 0) throw new Error('Not all of it could be measured: see above.');
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest(rows: string | undefined, env: NodeJS.ProcessEnv): Promise<number | null> {
  const config = path.join(__dirname, 'docker.config.ts');
  const only = rows === undefined ? [] : ['--testNamePattern', rows];
  const vitest = path.join(CHECKOUT, 'node_modules', '.bin', 'vitest');
  const child = spawn(vitest, ['run', '--config', config, ...only], {
    cwd: CHECKOUT,
    env: { ...process.env, WARREN_TEST_VERSIONS: '4.3', ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

function printResults(text: string): void {
  process.stdout.write(
    '\nOn RabbitMQ 4.3, all on this machine; in parentheses the target, on two cores with nothing else to do\n\n',
  );
  for (const line of text.trim().split('\n')) {
    const { row, figures } = JSON.parse(line) as Result;
    const told = Object.entries(figures).map(([name, figure]) => `${name}: ${figure.toLocaleString('en')}`);
    process.stdout.write(`${row}\n  ${told.join('\n  ')}\n`);
  }
}
