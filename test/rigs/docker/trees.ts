/** Trees of Debian packages for what has no registry to come from: the Docker Engine itself, and what goes into images. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BASE_PACKAGES, ensureTree, linkInTree, type DebianSuite } from '../debianPackages';

/** Docker 20.10, 26.1 and 28: the version that the tests run on, unless WARREN_TEST_DOCKER names another suite. */
const ENGINE_SUITES: readonly DebianSuite[] = ['trixie', 'bookworm', 'forky'];

/** @throws Error when the variable names none of them */
export function engineSuite(): DebianSuite {
  const wanted = process.env.WARREN_TEST_DOCKER ?? '';
  const suite = ENGINE_SUITES.find((one) => wanted === '' || one === wanted);
  if (suite !== undefined) return suite;
  throw new Error(`WARREN_TEST_DOCKER is ${wanted}, not one of ${ENGINE_SUITES.join(', ')}`);
}

/** Works on every Linux with a merged /usr: it runs with its own suite's libraries. */
export function ensureEngineTree(suite: DebianSuite, onProgress: (text: string) => void): Promise<string> {
  return ensureTree(
    {
      name: `docker-${suite}-${process.arch}-1`,
      suite,
      isMerged: true,
      // iptables: a container's name server is reached by a rule in its own network namespace.
      packages: ['docker.io', 'containerd', 'runc', 'iptables', 'dash', 'coreutils', 'mount', 'kmod'],
      purpose: 'Docker',
      prepare: (folder) => {
        linkInTree(folder, 'usr/bin/sh', 'dash');
        for (const name of ['iptables', 'ip6tables']) {
          linkInTree(folder, `usr/sbin/${name}`, 'xtables-nft-multi');
        }
      },
    },
    onProgress,
  );
}

/** One program that is a shell and all of a shell's tools, for containers that have little to do. */
export function ensureBusyboxTree(onProgress: (text: string) => void): Promise<string> {
  return ensureTree(
    {
      name: `image-busybox-trixie-${process.arch}-1`,
      suite: 'trixie',
      packages: ['busybox-static'],
      purpose: 'busybox',
      prepare: (folder) => {
        for (const name of ['etc', 'tmp', 'proc', 'root']) {
          fs.mkdirSync(path.join(folder, name), { recursive: true });
        }
        fs.writeFileSync(path.join(folder, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
        linkInTree(folder, 'bin', 'usr/bin');
        linkInTree(folder, 'usr/bin/sh', 'busybox');
      },
    },
    onProgress,
  );
}

/** What a Python program of any kind needs, without packages of Python's own. */
export function ensurePythonTree(onProgress: (text: string) => void): Promise<string> {
  return ensureImageTree('python', 'trixie', ['python3', 'ca-certificates'], 'Python', onProgress);
}

export function ensureHaproxyTree(onProgress: (text: string) => void): Promise<string> {
  return ensureImageTree('haproxy', 'trixie', ['haproxy'], 'HAProxy', onProgress);
}

/** Prometheus 3.5, as the stack's default image, and promtool; both run on the host as well. */
export function ensurePrometheusTree(onProgress: (text: string) => void): Promise<string> {
  return ensureImageTree('prometheus', 'forky', ['prometheus', 'promtool'], 'Prometheus', onProgress);
}

/** Node 20, the oldest that Warren runs on. */
export function ensureNodeTree(onProgress: (text: string) => void): Promise<string> {
  return ensureImageTree('node', 'trixie', ['nodejs', 'ca-certificates'], 'Node', onProgress);
}

function ensureImageTree(
  name: string,
  suite: DebianSuite,
  packages: readonly string[],
  purpose: string,
  onProgress: (text: string) => void,
): Promise<string> {
  return ensureTree(
    {
      name: `image-${name}-${suite}-${process.arch}-1`,
      suite,
      packages: [...packages, ...BASE_PACKAGES],
      purpose,
      prepare: prepareImageTree,
    },
    onProgress,
  );
}

/** What the packages' maintainer scripts would have made, and every image has. */
function prepareImageTree(folder: string): void {
  const inTree = (name: string): string => path.join(folder, name);
  fs.writeFileSync(inTree('etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  fs.writeFileSync(inTree('etc/group'), 'root:x:0:\n');
  fs.mkdirSync(inTree('tmp'), { recursive: true });
  fs.chmodSync(inTree('tmp'), 0o1777);
  linkInTree(folder, 'bin/sh', 'dash');
  linkInTree(folder, 'usr/bin/awk', 'mawk');
}
