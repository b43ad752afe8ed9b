/** Control groups of our own: the folders that a rig's containers are below. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** Removes a group with those in it. One in which something still ends stays, for the next run to remove. */
export function removeCgroups(name: string): void {
  for (const hierarchy of hierarchies()) removeCgroup(path.join(hierarchy, name));
}

/** Where the kernel has version 1, a new group of cpuset has no processors until it is given some. */
export function makeCgroups(name: string): void {
  for (const hierarchy of hierarchies()) {
    const folder = path.join(hierarchy, name);
    fs.mkdirSync(folder, { recursive: true });
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const given = path.join(hierarchy, file);
      if (fs.existsSync(given)) fs.writeFileSync(path.join(folder, file), fs.readFileSync(given));
    }
  }
}

/** One where the kernel has version 2, one per controller otherwise. */
function hierarchies(): readonly string[] {
  if (!fs.existsSync(ROOT)) return [];
  return [ROOT, ...fs.readdirSync(ROOT).map((name) => path.join(ROOT, name))].filter((folder) =>
    fs.existsSync(path.join(folder, 'cgroup.procs')),
  );
}

/** Its files are the kernel's: only the folders are removed, the innermost first. */
function removeCgroup(folder: string): void {
  if (!fs.existsSync(folder)) return;
  try {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeCgroup(path.join(folder, entry.name));
    }
    fs.rmdirSync(folder);
  } catch {
    // Something in it still ends: it is removed by the next run.
  }
}
