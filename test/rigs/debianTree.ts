/**
 * A folder with a Debian suite's RabbitMQ, only unpacked: no maintainer scripts run, nothing is installed on the
 * machine. Made once per suite, kept in the cache folder.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { aptInstall, canAptInstall } from '../../tools/apt';
import { acquireLock } from '../../tools/fileLock';
import { cacheFolder } from '../../tools/folders';
import { findProgram, run, tail } from '../../tools/processes';

export type DebianSuite = 'bookworm' | 'trixie' | 'forky';

export const SUITE_WITH_VERSION: Readonly<Record<'3.10' | '4.0' | '4.3', DebianSuite>> = {
  '3.10': 'bookworm',
  '4.0': 'trixie',
  '4.3': 'forky',
};

// An id that no system's users have, for the node inside of the tree.
export const TREE_USER_ID = 64_990;
const DEFAULT_MIRROR = 'http://deb.debian.org/debian';
const TREE_TIMEOUT_MS = 600_000;
// Part of the folder's name: a changed recipe makes new trees.
const RECIPE = 1;

const PACKAGES = [
  'rabbitmq-server',
  ...['base-files', 'dash', 'bash', 'coreutils', 'sed', 'grep', 'hostname', 'util-linux', 'findutils'],
  ...['libc-bin', 'mawk', 'procps'],
];

/**
 * @returns the tree's folder
 * @throws Error with a one-line reason when it can't be made on this machine
 */
export async function ensureDebianTree(
  suite: DebianSuite,
  onProgress: (text: string) => void,
): Promise<string> {
  const folder = path.join(cacheFolder(), 'rigs', `${suite}-${process.arch}-${RECIPE}`);
  if (fs.existsSync(folder)) return folder;
  const unlock = await acquireLock(`${folder}.lock`, { timeoutMs: TREE_TIMEOUT_MS });
  try {
    if (!fs.existsSync(folder)) await unpackTree(suite, folder, onProgress);
  } finally {
    unlock();
  }
  return folder;
}

async function unpackTree(
  suite: DebianSuite,
  folder: string,
  onProgress: (text: string) => void,
): Promise<void> {
  mmdebstrap ??= obtainMmdebstrap(onProgress);
  const program = await mmdebstrap;
  onProgress(`unpacking RabbitMQ of Debian ${suite} into ${folder} (once, about 20 s)`);
  const half = `${folder}.half`;
  fs.rmSync(half, { recursive: true, force: true });
  const result = await run(program, mmdebstrapArguments(suite, half), { timeoutMs: TREE_TIMEOUT_MS });
  if (result.exitCode !== 0) {
    fs.rmSync(half, { recursive: true, force: true });
    const cause = result.timedOut ? `not done after ${TREE_TIMEOUT_MS / 1000} s` : tail(result.output, 3);
    throw new Error(`mmdebstrap can't unpack Debian ${suite}: ${cause.replaceAll('\n', '; ')}`);
  }
  prepareTree(half);
  fs.renameSync(half, folder);
}

function mmdebstrapArguments(suite: DebianSuite, folder: string): string[] {
  const unneeded = ['doc', 'man', 'locale', 'info', 'lintian'];
  return [
    '--mode=root',
    '--variant=extract',
    // The Release file of a suite that isn't a stable one counts as expired on a mirror that is a few days old.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    ...unneeded.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    `--include=${PACKAGES.join(',')}`,
    suite,
    folder,
    debianMirror(),
  ];
}

/** What the packages' maintainer scripts would have made. */
function prepareTree(folder: string): void {
  const inTree = (name: string) => path.join(folder, name);
  const id = TREE_USER_ID;
  fs.writeFileSync(
    inTree('etc/passwd'),
    `root:x:0:0::/root:/bin/sh\nrabbitmq:x:${id}:${id}::/var/lib/rabbitmq:/bin/sh\n`,
  );
  fs.writeFileSync(inTree('etc/group'), `root:x:0:\nrabbitmq:x:${id}:\n`);
  fs.writeFileSync(inTree('etc/hosts'), '127.0.0.1 localhost\n');
  for (const name of ['tmp', 'proc', 'srv']) fs.mkdirSync(inTree(name), { recursive: true });
  fs.chmodSync(inTree('tmp'), 0o1777);
  if (!fs.existsSync(inTree('bin/sh'))) fs.symlinkSync('dash', inTree('bin/sh'));
  if (!fs.existsSync(inTree('usr/bin/awk'))) fs.symlinkSync('mawk', inTree('usr/bin/awk'));
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

/** The versions' trees are made side by side: they share one look for the program. */
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
