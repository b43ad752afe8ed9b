/** Kubernetes' own programs, with what they are started with. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CONTEXT, type Credentials } from './credentials';
import { NODE_ADDRESS, NODE_NAME, POD_RANGE, SERVICE_RANGE, type Node } from './node';
import type { Programs } from './programs';

export const API_PORT = 6443;

export interface ControlPlane {
  readonly node: Node;
  readonly programs: Programs;
  /** Of the run. */
  readonly folder: string;
  readonly credentials: Credentials;
  /** Of the control groups. */
  readonly cgroup: string;
  /** For programs on the node. */
  readonly kubeconfig: string;
}

export const PAUSE_IMAGE = 'localhost/pause:1';

export function startApiServer({ node, programs, folder, credentials }: ControlPlane): void {
  const etcd = 'http://127.0.0.1:2379';
  node.start('etcd', '/usr/bin/etcd', [
    `--data-dir=${path.join(folder, 'etcd')}`,
    ...[`--listen-client-urls=${etcd}`, `--advertise-client-urls=${etcd}`],
    '--listen-peer-urls=http://127.0.0.1:2380',
    // It needn't outlive a crash of the machine.
    '--unsafe-no-fsync',
  ]);
  node.start('kube-apiserver', path.join(programs.kubernetes, 'kube-apiserver'), [
    `--etcd-servers=${etcd}`,
    ...[`--bind-address=${NODE_ADDRESS}`, `--advertise-address=${NODE_ADDRESS}`, `--secure-port=${API_PORT}`],
    ...[`--tls-cert-file=${credentials.certificate}`, `--tls-private-key-file=${credentials.key}`],
    ...[`--client-ca-file=${credentials.authority}`, `--token-auth-file=${credentials.tokens}`],
    `--service-account-key-file=${credentials.accountKey}`,
    `--service-account-signing-key-file=${credentials.accountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    ...['--authorization-mode=RBAC', '--allow-privileged=true'],
    '--kubelet-preferred-address-types=InternalIP',
    // The servers that extend it (KEDA's of metrics) know it by this certificate.
    `--requestheader-client-ca-file=${credentials.authority}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-username-headers=X-Remote-User',
    `--proxy-client-cert-file=${credentials.proxyCertificate}`,
    `--proxy-client-key-file=${credentials.proxyKey}`,
    '--enable-aggregator-routing=true',
  ]);
}

export function startControllers({ node, programs, credentials, kubeconfig }: ControlPlane): void {
  const access = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false'];
  node.start('kube-controller-manager', path.join(programs.kubernetes, 'kube-controller-manager'), [
    ...access,
    `--service-account-private-key-file=${credentials.accountKey}`,
    `--root-ca-file=${credentials.authority}`,
    // 15 s by default: tests wait for it.
    '--horizontal-pod-autoscaler-sync-period=5s',
  ]);
  node.start('kube-scheduler', path.join(programs.kubernetes, 'kube-scheduler'), access);
}

export function startDns({ node, programs, folder, kubeconfig }: ControlPlane): void {
  const file = path.join(folder, 'Corefile');
  const plugins = [
    `bind ${NODE_ADDRESS}`,
    'errors',
    `kubernetes cluster.local {\n kubeconfig ${kubeconfig} ${CONTEXT}\n ttl 1\n pods insecure\n}`,
    'cache 1',
  ];
  fs.writeFileSync(file, `.:53 {\n${plugins.join('\n')}\n}\n`);
  node.start('coredns', path.join(programs.dns, 'coredns'), ['-conf', file]);
}

export function startServiceProxy({ node, programs, kubeconfig }: ControlPlane): void {
  node.start('kube-proxy', path.join(programs.kubernetes, 'kube-proxy'), [
    ...[`--kubeconfig=${kubeconfig}`, `--hostname-override=${NODE_NAME}`, '--proxy-mode=iptables'],
    `--cluster-cidr=${POD_RANGE}`,
    ...[`--bind-address=${NODE_ADDRESS}`, '--metrics-bind-address=127.0.0.1:10249'],
    '--healthz-bind-address=127.0.0.1:10256',
    // Those settings are the machine's, which keeps its own.
    '--conntrack-max-per-core=0',
    ...['--conntrack-tcp-timeout-established=0', '--conntrack-tcp-timeout-close-wait=0'],
  ]);
}

export function startContainerd({ node, folder }: ControlPlane, tree: string): void {
  const file = path.join(folder, 'containerd.toml');
  const network = path.join(folder, 'cni');
  fs.mkdirSync(network, { recursive: true });
  fs.writeFileSync(path.join(network, '10-pods.conflist'), JSON.stringify(podNetwork(folder)));
  fs.writeFileSync(file, containerdConfig(folder, tree, network));
  node.start('containerd', '/usr/bin/containerd', ['--config', file]);
}

export function containerdSocket(folder: string): string {
  return path.join(folder, 'containerd.sock');
}

/** Each pod is reached by a route of its own: on a common bridge, answers would go past the rules of Services. */
function podNetwork(folder: string): object {
  const ipam = {
    type: 'host-local',
    dataDir: path.join(folder, 'addresses'),
    ranges: [[{ subnet: POD_RANGE }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return { cniVersion: '0.4.0', name: 'pods', plugins: [{ type: 'ptp', ipMasq: false, ipam }] };
}

function containerdConfig(folder: string, tree: string, network: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const text = (value: string): string => JSON.stringify(value);
  return `version = 2
root = ${text(path.join(folder, 'containerd'))}
state = ${text(path.join(folder, 'containerd-state'))}
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]
[grpc]
  address = ${text(containerdSocket(folder))}
[ttrpc]
  address = ${text(`${containerdSocket(folder)}.ttrpc`)}
[${cri}]
  sandbox_image = ${text(PAUSE_IMAGE)}
  # Not every machine lets root lower its score.
  restrict_oom_score_adj = true
  enable_unprivileged_ports = true
  [${cri}.cni]
    bin_dir = ${text(path.join(tree, 'usr/lib/cni'))}
    conf_dir = ${text(network)}
  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

export function startKubelet({ node, programs, folder, cgroup, kubeconfig }: ControlPlane): void {
  const file = path.join(folder, 'kubelet.json');
  fs.writeFileSync(file, JSON.stringify(kubeletConfig(folder, cgroup)));
  node.start('kubelet', path.join(programs.kubernetes, 'kubelet'), [
    ...[`--config=${file}`, `--kubeconfig=${kubeconfig}`, `--root-dir=${path.join(folder, 'kubelet')}`],
    ...[`--node-ip=${NODE_ADDRESS}`, `--hostname-override=${NODE_NAME}`],
    `--cert-dir=${path.join(folder, 'kubelet-pki')}`,
  ]);
}

function kubeletConfig(folder: string, cgroup: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NODE_ADDRESS,
    // Only the namespace reaches it.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    // The disk is the machine's: how full it is, is not for the cluster to mind.
    evictionHard: {},
    localStorageCapacityIsolation: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    clusterDNS: [NODE_ADDRESS],
    clusterDomain: 'cluster.local',
    resolvConf: '',
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    podLogsDir: path.join(folder, 'pod-logs'),
    volumePluginDir: path.join(folder, 'volume-plugins'),
    maxPods: 110,
    // What changed in a Secret or a ConfigMap reaches mounted volumes so much later.
    syncFrequency: '10s',
  };
}
