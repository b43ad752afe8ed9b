import { ensureEngine } from '../../tools/engine/index';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';

/** `warren setup`: Pulumi's engine, found or installed. */
export async function setup(): Promise<number> {
  const progress = createProgress();
  const engine = await ensureEngine({ onProgress: progress });
  process.stdout.write(`Pulumi ${engine.version} (${engine.source}): ${engine.binFolder}\n`);
  return ExitCode.ok;
}
