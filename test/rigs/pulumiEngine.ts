import { EngineError, ensureEngine } from '../../tools/engine/index';

declare module 'vitest' {
  interface ProvidedContext {
    /** Holds `pulumi` and its Node language host; empty when the engine can't be had. */
    engineFolder: string;
    missingEngineReason: string;
  }
}

/** Pulumi's engine for a test run, or why there is none. */
export async function obtainPulumi(): Promise<{ folder: string; missingReason: string }> {
  try {
    const onProgress = (text: string) => process.stderr.write(`Pulumi: ${text}\n`);
    return { folder: (await ensureEngine({ onProgress, renew: true })).binFolder, missingReason: '' };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return { folder: '', missingReason: error.message.split('\n')[0] ?? '' };
  }
}
