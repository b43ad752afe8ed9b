/** Prometheus and its checker of rules: the machine's, or those of Debian's package. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findProgram, onEndOfThisProcess, run } from '../../tools/processes';
import { chrootObstacle } from './chrootBroker';
import { ensurePrometheusTree } from './docker/trees';

const TIMEOUT_MS = 120_000;

/** Why there can be none on this machine; undefined when there can. */
export function promtoolObstacle(): string | undefined {
  return findProgram('promtool') === undefined ? chrootObstacle() : undefined;
}

/** Runs `promtool ARGS… MAIN` in a folder with these files; its whole output where it isn't content. */
export async function promtoolComplaint(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  main: string,
): Promise<string | undefined> {
  const program = await programOf('promtool');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-promtool-'));
  try {
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
    const { exitCode, output } = await run(program, [...args, main], { cwd: folder, timeoutMs: TIMEOUT_MS });
    return exitCode === 0 ? undefined : output;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** On the loopback interface, with these files in its folder, of which one is `prometheus.yml`. */
export async function startPrometheus(
  port: number,
  files: Readonly<Record<string, string>>,
): Promise<{ stop(): Promise<void> }> {
  const program = await programOf('prometheus');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-prometheus-'));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  const args = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore' });
  const stopWatching = onEndOfThisProcess(() => child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  return {
    stop: async () => {
      stopWatching();
      child.kill('SIGKILL');
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function programOf(name: string): Promise<string> {
  return findProgram(name) ?? path.join(await tree(), 'usr', 'bin', name);
}

function tree(): Promise<string> {
  return ensurePrometheusTree((text) => process.stderr.write(`promtool: ${text}\n`));
}
