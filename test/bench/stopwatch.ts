/** A program's run by the clock, with the memory of the providers that it started. */
import { spawn } from 'node:child_process';
import { tail } from '../../tools/processes';
import { watchProviders } from './peakMemory';

export interface Timed {
  readonly seconds: number;
  readonly providerMegabytes?: number;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** @throws Error with the end of what it said when it fails */
export function runTimed({ program, args, cwd, env }: Command): Promise<Timed> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const watch = watchProviders(child.pid ?? 0);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.once('error', reject);
    child.once('close', (exitCode) => {
      const providerMegabytes = watch.stop();
      const seconds = (performance.now() - started) / 1000;
      if (exitCode === 0)
        resolve({ seconds, ...(providerMegabytes === undefined ? {} : { providerMegabytes }) });
      else reject(new Error(`${program} ${args.join(' ')} failed:\n${tail(output, 15)}`));
    });
  });
}
