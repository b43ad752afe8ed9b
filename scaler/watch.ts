/** Round after round, until told to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from './observation';
import type { Scaler } from './scaler';

/** Ends within a round. A stop that is still going on then is left to the Docker Engine, and told. */
export async function watch(
  scaler: Scaler,
  { intervalMs, signal, say }: { intervalMs: number; signal: AbortSignal; say: (line: string) => void },
): Promise<void> {
  signal.addEventListener('abort', () => {
    scaler.end();
  });
  while (!signal.aborted) {
    await scaler.round();
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
  for (const { container, job } of scaler.jobs) say(`${container} ${LEFT[job]}`);
}

const LEFT: Readonly<Record<Job, string>> = {
  start: 'is being started: Docker goes on with that',
  stop: 'is being stopped: Docker goes on with that, for as long as its grace lasts',
  restart:
    'is being stopped to be started again: Docker goes on with the first, whoever scales next starts it',
};
