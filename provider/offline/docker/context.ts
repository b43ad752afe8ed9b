/** The folder that an image is built from: what of it goes to the engine, and what it is recognised by. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import dockerignore from '@balena/dockerignore';
import { pack, type Pack } from 'tar-stream';
import { UserError } from '../../userError';

/** The name in the archive of a Dockerfile that lies outside of the folder. */
const OUTSIDE_DOCKERFILE = '.warren.Dockerfile';

export interface BuildContext {
  readonly folder: string;
  /** The file itself. */
  readonly dockerfile: string;
}

interface Entry {
  /** With `/`, relative to the folder. */
  readonly name: string;
  readonly file: string;
  readonly stats: fs.Stats;
}

/** @throws UserError when the folder or the Dockerfile isn't there */
export function checkContext({ folder, dockerfile }: BuildContext): void {
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(
      `There is no folder ${folder} to build an image from. Correct \`context\`, which is relative to the program's folder.`,
    );
  }
  if (!fs.statSync(dockerfile, { throwIfNoEntry: false })?.isFile()) {
    throw new UserError(`There is no Dockerfile ${dockerfile}. Correct \`dockerfile\`.`);
  }
}

/** The Dockerfile's name within the archive. */
export function dockerfileName({ folder, dockerfile }: BuildContext): string {
  const relative = path.relative(folder, dockerfile).split(path.sep).join('/');
  return relative.startsWith('../') ? OUTSIDE_DOCKERFILE : relative;
}

export function contextArchive(context: BuildContext): Readable {
  const archive = pack();
  void fill(archive, context).then(
    () => {
      archive.finalize();
    },
    (error: unknown) => {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
    },
  );
  return Readable.from(archive);
}

async function fill(archive: Pack, context: BuildContext): Promise<void> {
  for (const { name, file, stats } of entriesOf(context)) await add(archive, name, file, stats);
  if (dockerfileName(context) === OUTSIDE_DOCKERFILE) {
    await add(archive, OUTSIDE_DOCKERFILE, context.dockerfile, fs.statSync(context.dockerfile));
  }
}

/** Owned by root, as with Docker's own programs. */
function add(archive: Pack, name: string, file: string, stats: fs.Stats): Promise<void> {
  const header = { name, mode: modeOf(stats) & 0o7777, mtime: stats.mtime };
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    };
    if (stats.isSymbolicLink()) {
      archive.entry({ ...header, type: 'symlink', linkname: fs.readlinkSync(file) }, done);
    } else if (stats.isDirectory()) {
      archive.entry({ ...header, type: 'directory' }, done);
    } else {
      archive.entry(header, fs.readFileSync(file), done);
    }
  });
}

/** What git keeps of a file's permissions: the rest is the umask of whoever checked it out. */
function modeOf(stats: fs.Stats): number {
  if (stats.isSymbolicLink()) return stats.mode;
  const isProgram = stats.isDirectory() || (stats.mode & 0o111) !== 0;
  return (stats.mode & ~0o7777) | (isProgram ? 0o755 : 0o644);
}

/** Another one as soon as a file's name, mode or content is another one. */
export function contextDigest(context: BuildContext): string {
  const sum = crypto.createHash('sha256');
  const take = (name: string, mode: number, content: Buffer | string): void => {
    const digest = crypto.createHash('sha256').update(content).digest('hex');
    sum.update(`${name}\0${mode.toString(8)}\0${digest}\0`);
  };
  take('Dockerfile', 0, fs.readFileSync(context.dockerfile));
  for (const { name, file, stats } of entriesOf(context)) {
    if (stats.isDirectory()) continue;
    take(name, modeOf(stats), stats.isSymbolicLink() ? fs.readlinkSync(file) : fs.readFileSync(file));
  }
  return sum.digest('hex');
}

/** What the ignore file doesn't leave out, in one order everywhere; the Dockerfile is always in. */
function entriesOf(context: BuildContext): readonly Entry[] {
  const { folder, dockerfile } = context;
  const ignored = dockerignore().add(ignorePatterns(context));
  const names = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .sort();
  return names.flatMap((name) => {
    const file = path.join(folder, name);
    const stats = fs.lstatSync(file);
    const isWanted = file === dockerfile || !ignored.ignores(name);
    const isFile = stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();
    return isWanted && isFile ? [{ name, file, stats }] : [];
  });
}

/** The Dockerfile's own ignore file comes before the folder's. */
function ignorePatterns({ folder, dockerfile }: BuildContext): string {
  const file = [`${dockerfile}.dockerignore`, path.join(folder, '.dockerignore')].find((candidate) =>
    fs.existsSync(candidate),
  );
  return file === undefined ? '' : fs.readFileSync(file, 'utf8');
}
