/** Where Warren keeps what it downloads or builds for this user, outside of every checkout. */
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
