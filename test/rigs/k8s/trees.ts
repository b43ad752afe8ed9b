/** What a Kubernetes node needs beside Kubernetes' own programs, from Debian's packages. */
import { ensureTree, linkInTree } from '../debianPackages';

/** Works on every Linux with a merged /usr: it runs with its own suite's libraries. */
export function ensureNodeTree(onProgress: (text: string) => void): Promise<string> {
  return ensureTree(
    {
      name: `k8s-node-trixie-${process.arch}-1`,
      suite: 'trixie',
      isMerged: true,
      packages: [
        ...['etcd-server', 'containerd', 'runc', 'containernetworking-plugins', 'iptables', 'iproute2'],
        ...['dash', 'coreutils', 'mount', 'util-linux', 'kmod'],
      ],
      purpose: 'a Kubernetes node',
      prepare: (folder) => {
        linkInTree(folder, 'usr/bin/sh', 'dash');
        for (const name of ['iptables', 'ip6tables']) {
          for (const suffix of ['', '-save', '-restore']) {
            linkInTree(folder, `usr/sbin/${name}${suffix}`, 'xtables-nft-multi');
          }
        }
      },
    },
    onProgress,
  );
}
