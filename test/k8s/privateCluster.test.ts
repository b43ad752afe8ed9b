/** A cluster of the tests' own beside another one: it changes nothing of the machine, and leaves nothing behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { isAlive } from '../../tools/processes';
import { startPrivateCluster } from '../rigs/k8s/privateCluster';
import { ensurePrograms } from '../rigs/k8s/programs';
import { ensureNodeTree } from '../rigs/k8s/trees';
import { titled } from './scratch';

const SETTINGS = ['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'];
const MORE_SETTINGS = ['kernel/keys/root_maxkeys', 'net/ipv4/ip_forward', 'net/netfilter/nf_conntrack_max'];
/** Where kubelet and containerd write, unless they are kept from it. */
const PLACES = [
  '/var/lib/kubelet',
  '/var/lib/cni',
  '/var/log/containers',
  '/run/containerd',
  '/opt/containerd',
];

function machine(): object {
  const files = [...SETTINGS, ...MORE_SETTINGS].map((name) => `/proc/sys/${name}`);
  const settings = files.filter((file) => fs.existsSync(file)).map((file) => fs.readFileSync(file, 'utf8'));
  return { settings, places: PLACES.filter((place) => fs.existsSync(place)) };
}

function groupsNamed(name: string): string[] {
  return ['cpu', 'memory', 'pids', '.']
    .map((controller) => path.join('/sys/fs/cgroup', controller, name))
    .filter((group) => fs.existsSync(group));
}

const cluster = inject('kubernetes');
const isOwn = cluster?.isPrivate === true && cluster.importCommand[0] === 'nsenter';

describe.skipIf(!isOwn)(titled('a cluster of the tests’ own'), () => {
  it('ends with a process that is killed, and the next one clears what that could not', async () => {
    const before = machine();
    const child = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'startedCluster.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const started = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    const [line] = started as [Buffer | number];
    if (typeof line === 'number') throw new Error(`no cluster was started: exit code ${line}`);
    const { folder, first } = JSON.parse(line.toString()) as { folder: string; first: number };
    expect(machine()).toEqual(before);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => isAlive(first)).toBe(false);
    expect(fs.existsSync(folder)).toBe(true);
    const say = (): void => undefined;
    const next = await startPrivateCluster(await ensureNodeTree(say), await ensurePrograms(say));
    // It has the killed one's place, and none of its objects.
    expect(next.folder).toBe(folder);
    const { items } = await next.access.core.listNode();
    expect(items).toHaveLength(1);
    expect(groupsNamed(next.cgroup)).not.toEqual([]);
    await next.stop();
    expect(fs.existsSync(folder)).toBe(false);
    await expect.poll(() => groupsNamed(next.cgroup)).toEqual([]);
    expect(machine()).toEqual(before);
  });
});
