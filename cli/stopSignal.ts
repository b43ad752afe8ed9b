/** Ctrl-C, and what supervisors send: what is begun is brought to an end in order, and no more is begun. */
import { ExitCode } from './exitCodes';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` to its exit code; 130 where a signal came meanwhile. */
export async function untilStopped(work: (stop: AbortSignal) => Promise<number>): Promise<number> {
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const exitCode = await work(stopping.signal);
    return stopping.signal.aborted ? ExitCode.interrupted : exitCode;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
