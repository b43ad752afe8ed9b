import { ensureEngine } from '../../tools/engine/index';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';

/** `warren setup`: Pulumi's engine, found or installed. */
export async function setup(): Promise<number> {
  const progress = createProgress();
  const engine = await ensureEngine({ onProgress: progress, renew: true });
  process.stdout.write(`Pulumi ${engine.version} (${engine.source}): ${engine.binFolder}\n`);
  if (engine.source !== 'PATH') {
    process.stdout.write(
      `warren finds it there. For plain pulumi: export PATH=${engine.binFolder}:"$PATH"\n`,
    );
  }
  return ExitCode.ok;
}
