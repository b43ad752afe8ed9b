/** Prometheus' own checker of rules: the machine's, or that of Debian's package. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findProgram, run } from '../../tools/processes';
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
  const program = findProgram('promtool') ?? path.join(await tree(), 'usr', 'bin', 'promtool');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-promtool-'));
  try {
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
    const { exitCode, output } = await run(program, [...args, main], { cwd: folder, timeoutMs: TIMEOUT_MS });
    return exitCode === 0 ? undefined : output;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function tree(): Promise<string> {
  return ensurePrometheusTree((text) => process.stderr.write(`promtool: ${text}\n`));
}
