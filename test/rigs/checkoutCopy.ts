/** A copy of the checkout, as a clone of it would be, with what isn't committed yet. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

/** Files that a quickstart of the checkout itself may have written into. */
const WRITTEN = ['stacks/Pulumi.quickstart.yaml'];

/** All files that git knows, as they are now; the packages are shared, and what is made of them isn't. */
export function copyCheckout(to: string): void {
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    const source = path.join(ROOT, file);
    if (!fs.existsSync(source)) continue; // deleted, not yet committed
    fs.cpSync(source, path.join(to, file), { recursive: true });
  }
  for (const file of WRITTEN) {
    const text = committed(file);
    if (text !== undefined) fs.writeFileSync(path.join(to, file), text);
  }
  const packages = path.join(to, 'node_modules');
  fs.mkdirSync(packages);
  for (const name of fs.readdirSync(path.join(ROOT, 'node_modules'))) {
    // Translated sources, known by their times: two checkouts would each throw away the other's.
    if (name === '.cache') continue;
    fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(packages, name));
  }
}

/** What the last commit has of a file; undefined where there is none. */
export function committed(file: string): string | undefined {
  const { status, stdout } = spawnSync('git', ['show', `HEAD:${file}`], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
