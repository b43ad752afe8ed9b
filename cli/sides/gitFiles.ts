/** Topologies as they are in a git revision; what they extend and include comes from the same one. */
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import * as path from 'node:path';
import type { NoText, ReadFile } from '../../topology/index';
import { nearest } from '../../topology/names';
import { UserError } from '../userError';

export interface GitFile {
  readonly text: string;
  /** From the repository's root, as git has it. */
  readonly file: string;
  readonly readFile: ReadFile;
}

export const GIT_PREFIX = 'git:';

/**
 * Reads `git:REF:PATH`; the path is seen from the current folder, as everywhere, or else from the repository's root.
 * @throws UserError where this is no repository, and for an unknown revision or path
 */
export function readGitFile(source: string): GitFile {
  const [, ref = '', given = ''] = /^git:([^:]*):(.*)$/s.exec(source) ?? [];
  if (ref === '' || given === '') {
    throw new UserError(`${source}: write git:REVISION:PATH, e.g. git:main:shop.yaml`);
  }
  const prefix = git(['rev-parse', '--show-prefix']);
  if (prefix === undefined) {
    throw new UserError(`${source}: this folder belongs to no git repository; run warren in one`);
  }
  const commit = git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])?.trim();
  if (commit === undefined) {
    throw new UserError(
      `${source}: git knows no revision "${ref}" here; fetch it first (git fetch origin ${ref}), a shallow clone has only few`,
    );
  }
  const read = (file: string): string | undefined => textAt(commit, file);
  const candidates = [path.posix.join(prefix.trimEnd(), given), path.posix.normalize(given)];
  for (const file of candidates) {
    const text = read(file);
    if (text === undefined) continue;
    const readFile: ReadFile = (name) => {
      // To git, such a name is seen from the current folder: another file than the one that is meant.
      if (leadsOut(name)) return LEADS_OUT;
      const found = read(name);
      return found === undefined
        ? { fault: `there is no such file in the revision ${ref}` }
        : { text: found };
    };
    return { text, file, readFile };
  }
  const names = filesOf(commit);
  if (candidates.some((file) => names.includes(file))) {
    throw new UserError(`${source}: it is a link, and leads to no file in the revision ${ref}`);
  }
  throw new UserError(
    `${source}: there is no file ${candidates[0] ?? given} in the revision ${ref}${hint(names, given)}`,
  );
}

/** The repository's root, and the current folder seen from there: empty, or with a slash at its end. */
export function repository(): { readonly root: string; readonly prefix: string } {
  const root = git(['rev-parse', '--show-toplevel'])?.replace(/\n$/, '');
  if (root === undefined) throw new UserError('this folder belongs to no git repository; run warren in one');
  return { root, prefix: git(['rev-parse', '--show-prefix'])?.replace(/\n$/, '') ?? '' };
}

/** The text of a file in a revision, by its path from the root; undefined where there is none. Links are followed. */
export function textAt(commit: string, file: string): string | undefined {
  const answer = git(['cat-file', '--batch', '--follow-symlinks'], `${commit}:${file}\n`) ?? '';
  const [head = '', bytes] = /^[0-9a-f]+ blob (\d+)\n/.exec(answer) ?? [];
  const text = answer.slice(head.length, -1);
  return bytes !== undefined && Buffer.byteLength(text) === Number(bytes) ? text : undefined;
}

/**
 * Tells for each path, seen from the root (which is the current folder), why it is none of the repository's own files:
 * it leads out of it, if only by a link, or git doesn't list it (git's own folder, what other steps of a job have left).
 */
export function foreignFiles(root: string): (file: string) => NoText | undefined {
  const listed = new Set(git(['ls-files', '-z'])?.split('\u0000'));
  return (file) => {
    if (leadsOut(path.posix.normalize(file))) return LEADS_OUT;
    let real: string;
    try {
      real = path.relative(realpathSync(root), realpathSync(file)).split(path.sep).join('/');
    } catch {
      return { fault: `there is no such file${hint([...listed], file)}` };
    }
    if (leadsOut(real)) return LEADS_OUT;
    if (listed.has(real)) return undefined;
    return { fault: 'git lists no such file', help: 'Correct the path, or add the file: git add.' };
  };
}

function leadsOut(file: string): boolean {
  return file === '..' || file.startsWith('../') || path.isAbsolute(file);
}

const LEADS_OUT: NoText = {
  fault: 'it leads out of the repository',
  help: 'Put the file into the repository: only what is in there is reviewed.',
};

export interface Moves {
  /** By the new path; both from the root. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly deleted: readonly string[];
}

/** What became of the files of a revision until HEAD and in the working tree. */
export function movesSince(commit: string): Moves {
  const fields =
    git(['diff', '--name-status', '-z', '--find-renames=30%', '--diff-filter=RD', commit])?.split('\u0000') ??
    [];
  const renamed = new Map<string, string>();
  const deleted: string[] = [];
  while (fields.length > 1) {
    const [status = '', from = ''] = fields.splice(0, 2);
    if (status === 'D') deleted.push(from);
    else if (status.startsWith('R')) renamed.set(fields.shift() ?? '', from);
  }
  return { renamed, deleted };
}

/**
 * Where HEAD and a revision have parted.
 * @throws UserError where git doesn't know: a shallow clone has only few revisions
 */
export function mergeBase(revision: string): string {
  const found = git(['merge-base', 'HEAD', revision])?.trim();
  if (found !== undefined && found !== '') return found;
  throw new UserError(
    `git can't say where HEAD and "${revision}" have parted: fetch the whole history (\`fetch-depth: 0\` for actions/checkout, \`GIT_DEPTH: 0\` on GitLab), or name a revision with --base`,
  );
}

function filesOf(commit: string): readonly string[] {
  return git(['ls-tree', '-r', '--name-only', '-z', '--full-tree', commit])?.split('\u0000') ?? [];
}

function hint(names: readonly string[], file: string): string {
  const meant =
    names.find((name) => path.posix.basename(name) === path.posix.basename(file)) ?? nearest(file, names);
  return meant === undefined || meant === '' ? '' : `; did you mean ${meant}?`;
}

const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** What git prints; undefined where it fails. Replacements and filters of the user's don't change a topology. */
function git(args: readonly string[], input = ''): string | undefined {
  const { status, stdout, error } = spawnSync('git', ['--no-replace-objects', ...args], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
    input,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw new UserError('git: sources need git, which is not on PATH');
  }
  return status === 0 ? stdout : undefined;
}
