/** The processes of containers, as this machine sees them. */
import * as fs from 'node:fs';

/**
 * SIGKILL for a container's first process, from outside: what `docker kill` does counts as "stopped by its owner", and
 * such a container isn't started again.
 * @param pid as Docker says it, in its own namespace
 */
export function killProcess(pid: number, isDockerPrivate: boolean): void {
  process.kill(isDockerPrivate ? pidOnThisMachine(pid) : pid, 'SIGKILL');
}

function pidOnThisMachine(pid: number): number {
  for (const entry of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    // The process's number in each namespace that it is in, from ours inwards: 4711, in Docker's 17, in its own 1.
    const [own, inDocker, inContainer] = namespacePids(entry);
    if (inContainer !== undefined && inDocker === String(pid)) return Number(own);
  }
  throw new Error(`no process of this machine is number ${pid} of the private Docker Engine`);
}

function namespacePids(entry: string): readonly string[] {
  try {
    const line = /^NSpid:\s*(.*)$/m.exec(fs.readFileSync(`/proc/${entry}/status`, 'utf8'));
    return line?.[1]?.split(/\s+/) ?? [];
  } catch {
    return []; // It has ended meanwhile.
  }
}
