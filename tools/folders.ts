/** The checkout, and where Warren keeps what it downloads or builds for this user, outside of every checkout. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** `$WARREN_CACHE`, else `$XDG_CACHE_HOME/warren`, else `~/.cache/warren`. Everything in it can be made again. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.WARREN_CACHE !== undefined && env.WARREN_CACHE !== '') return path.resolve(env.WARREN_CACHE);
  // The XDG specification says that a relative path there is to be ignored.
  const xdg = env.XDG_CACHE_HOME;
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, 'warren');
  return path.join(os.homedir(), '.cache', 'warren');
}

/** The folder of Pulumi.yaml, whether this runs as a source or in a bundle (bundle.cjs), which lies deeper. */
export function checkoutFolder(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, 'Pulumi.yaml')) && folder !== path.dirname(folder)) {
    folder = path.dirname(folder);
  }
  return folder;
}
