/** The largest memory of a provider process below one of ours, in megabytes, as the kernel counts it. */
import * as fs from 'node:fs';

const POLL_MS = 200;
const PROVIDER = /pulumi-resource-|terraform-provider-/;

export interface MemoryWatch {
  /** Ends watching; undefined where no provider was seen (or the system has no /proc). */
  stop(): number | undefined;
}

export function watchProviders(rootPid: number): MemoryWatch {
  let peak: number | undefined;
  const look = (): void => {
    for (const pid of descendantsOf(rootPid)) {
      if (!PROVIDER.test(textOf(`/proc/${pid}/cmdline`))) continue;
      const kilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);
      peak = Math.max(peak ?? 0, kilobytes / 1000);
    }
  };
  const timer = setInterval(look, POLL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

function descendantsOf(root: number): readonly number[] {
  const all = fs.existsSync('/proc') ? fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  // The name of the process, in parentheses, may hold anything.
  const parents = all.map((pid) => [
    Number(pid),
    Number(/\) \S (\d+) /.exec(textOf(`/proc/${pid}/stat`))?.[1]),
  ]);
  const found = [root];
  for (const pid of found) {
    for (const [child = 0, parent] of parents) if (parent === pid) found.push(child);
  }
  return found;
}

/** Empty where the process has ended meanwhile. */
function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
