/** The version of a `pulumi` on PATH, remembered: every command would wait a fifth of a second to be told again. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheFolder } from '../folders';

/** Smaller ones are scripts (of version managers), which may start any version. */
const BINARY_BYTES_MIN = 1_000_000;

interface Known {
  readonly program: string;
  readonly version: string;
}

/** What `ask` says of that program, or said of the same file before. */
export async function knownVersion(
  pulumi: string,
  env: NodeJS.ProcessEnv,
  ask: () => Promise<string>,
): Promise<string> {
  const file = path.join(cacheFolder(env), 'engine', 'on-path.json');
  const target = fs.realpathSync(pulumi);
  const { size, mtimeMs } = fs.statSync(target);
  if (size < BINARY_BYTES_MIN) return ask();
  const program = `${target} ${size} ${mtimeMs}`;
  const known = read(file);
  if (known.program === program && typeof known.version === 'string') return known.version;
  const version = await ask();
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify({ program, version } satisfies Known));
  } catch {
    // A home folder that can't be written to: it is asked again.
  }
  return version;
}

function read(file: string): Partial<Known> {
  try {
    return (JSON.parse(fs.readFileSync(file, 'utf8')) ?? {}) as Partial<Known>;
  } catch {
    return {};
  }
}
