/**
 * `npm run bench [compile] [import] [up] [status] [docker] [--sizes 50,500] [--rows WORD]`: how long things take, and how that grows. Targets are
 * printed beside what was measured and fail nothing: a busy machine takes what time it takes.
 */
import { benchCompiling } from './compiling';
import { benchImporting } from './importing';
import { benchDocker } from './docker';
import { parseBenchOptions } from './options';
import { benchStatus } from './status';
import { benchUp } from './up';

async function main(): Promise<void> {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options.parts.includes('compile')) benchCompiling();
  if (options.parts.includes('import')) benchImporting();
  if (options.parts.includes('up')) await benchUp(options);
  if (options.parts.includes('status')) await benchStatus(options);
  if (options.parts.includes('docker')) await benchDocker(options.rows);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
