/**
 * Folders with packages of a Debian suite, only unpacked: no maintainer scripts run, nothing is installed on the
 * machine. Made once per recipe, kept in the cache folder.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { aptInstall, canAptInstall } from '../../tools/apt';
import { cacheFolder } from '../../tools/folders';
import { findProgram, run, tail } from '../../tools/processes';
import { cachedFolder } from './cachedFolder';

export type DebianSuite = 'bookworm' | 'trixie' | 'forky';

export interface TreeRecipe {
  /** Of the folder. Holds a number that counts up: a changed recipe makes new trees. */
  readonly name: string;
  readonly suite: DebianSuite;
  readonly packages: readonly string[];
  /** /bin, /sbin and /lib are to be those of /usr, also where the suite's packages don't see to it. */
  readonly isMerged?: true;
  /** What the tree is for, for the progress line. */
  readonly purpose: string;
  /** What the packages' maintainer scripts would have made. */
  readonly prepare: (folder: string) => void;
}

const DEFAULT_MIRROR = 'http://deb.debian.org/debian';
const TREE_TIMEOUT_MS = 600_000;

/** What a shell script inside of a tree can count on. */
export const BASE_PACKAGES: readonly string[] = [
  ...['base-files', 'dash', 'bash', 'coreutils', 'sed', 'grep', 'hostname', 'util-linux', 'findutils'],
  ...['libc-bin', 'mawk', 'procps'],
];

/**
 * @returns the tree's folder
 * @throws Error with a one-line reason when it can't be made on this machine
 */
export async function ensureTree(recipe: TreeRecipe, onProgress: (text: string) => void): Promise<string> {
  const folder = path.join(cacheFolder(), 'rigs', recipe.name);
  return cachedFolder(folder, TREE_TIMEOUT_MS, (half) => unpackTree(recipe, half, onProgress));
}

async function unpackTree(
  recipe: TreeRecipe,
  folder: string,
  onProgress: (text: string) => void,
): Promise<void> {
  mmdebstrap ??= obtainMmdebstrap(onProgress);
  const program = await mmdebstrap;
  onProgress(`unpacking ${recipe.purpose} of Debian ${recipe.suite} as ${recipe.name} (once, about 20 s)`);
  const result = await run(program, mmdebstrapArguments(recipe, folder), { timeoutMs: TREE_TIMEOUT_MS });
  if (result.exitCode !== 0) {
    const cause = result.timedOut ? `not done after ${TREE_TIMEOUT_MS / 1000} s` : tail(result.output, 3);
    throw new Error(`mmdebstrap can't unpack Debian ${recipe.suite}: ${cause.replaceAll('\n', '; ')}`);
  }
  recipe.prepare(folder);
}

/** Packages follow a link to a folder when they are unpacked. */
const MERGE =
  'for name in bin sbin lib lib64; do mkdir -p "$1/usr/$name"; ln -s "usr/$name" "$1/$name"; done';

function mmdebstrapArguments(recipe: TreeRecipe, folder: string): string[] {
  const unneeded = ['doc', 'man', 'locale', 'info', 'lintian'];
  return [
    '--mode=root',
    '--variant=extract',
    // The Release file of a suite that isn't a stable one counts as expired on a mirror that is a few days old.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    ...unneeded.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    ...(recipe.isMerged === true ? [`--setup-hook=${MERGE}`] : []),
    `--include=${recipe.packages.join(',')}`,
    recipe.suite,
    folder,
    debianMirror(),
  ];
}

/** Makes a link that a package's maintainer script would have made, unless the tree has that name already. */
export function linkInTree(folder: string, name: string, target: string): void {
  const link = path.join(folder, name);
  if (!fs.existsSync(link)) fs.symlinkSync(target, link);
}

/** The mirror that this machine's own apt uses; the public one where apt has none of Debian's. */
export function debianMirror(aptFolder = '/etc/apt'): string {
  for (const text of aptSources(aptFolder)) {
    const found = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(text);
    if (found?.[1] !== undefined) return found[1];
  }
  return DEFAULT_MIRROR;
}

function aptSources(aptFolder: string): string[] {
  const folder = path.join(aptFolder, 'sources.list.d');
  const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  return [path.join(aptFolder, 'sources.list'), ...files.map((name) => path.join(folder, name))]
    .filter((file) => /\.(list|sources)$/.test(file) && fs.existsSync(file))
    .map((file) => fs.readFileSync(file, 'utf8'));
}

/** Trees are made side by side: they share one look for the program. */
let mmdebstrap: Promise<string> | undefined;

async function obtainMmdebstrap(onProgress: (text: string) => void): Promise<string> {
  const present = findProgram('mmdebstrap');
  if (present !== undefined) return present;
  if (!canAptInstall()) throw new Error('neither mmdebstrap nor apt-get is on this machine');
  await aptInstall(['mmdebstrap', 'debian-archive-keyring'], { onProgress });
  const installed = findProgram('mmdebstrap');
  if (installed === undefined) throw new Error('the package mmdebstrap has no mmdebstrap program');
  return installed;
}
