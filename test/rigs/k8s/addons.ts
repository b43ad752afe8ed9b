/**
 * KEDA, RabbitMQ's cluster operator and, where they are asked for, others on a cluster of our own: their manifests from the very modules that their
 * programs are built from, their own service accounts with their own roles; their programs run beside the API server.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { KubernetesObject } from '../../../kubernetesApi/objects';
import { waitFor } from '../../../tools/processes';
import type { Access } from './access';
import { API_PORT, type ControlPlane } from './controlPlane';
import { kubeconfigOf } from './credentials';
import { create, createFrom, untilKnown } from './manifests';
import { NODE_ADDRESS } from './node';
import type { Programs } from './programs';

const KEDA = 'keda';
const KEDA_ACCOUNT = 'keda-operator';
const OPERATOR = 'rabbitmq-system';
const OPERATOR_ACCOUNT = 'rabbitmq-cluster-operator';
const CERT_MANAGER = 'cert-manager';
const METRICS = 'metrics-server';
const METRICS_NAMESPACE = 'kube-system';
const ADAPTER_PORT = 6444;
const METRICS_SERVER_PORT = 6445;
const METRICS_PORT = 9666;
const READY_TIMEOUT_MS = 120_000;

export async function startAddons(
  plane: ControlPlane,
  access: Access,
  { keda, operator, certManager, metricsServer }: Programs,
): Promise<void> {
  await Promise.all([
    startKeda(plane, access, keda),
    startOperator(plane, access, operator),
    ...(certManager === undefined ? [] : [startCertManager(plane, access, certManager)]),
    ...(metricsServer === undefined ? [] : [startMetricsServer(plane, access, metricsServer)]),
  ]);
}

async function startKeda(plane: ControlPlane, access: Access, programs: string): Promise<void> {
  await makeNamespace(access, KEDA);
  const manifests = path.join(programs, 'config');
  const parts = ['crd/bases', 'service_account', 'rbac'].map((name) => path.join(manifests, name));
  const server = ['role', 'role_binding', 'api_service'].map((name) =>
    path.join(manifests, 'metrics-server', `${name}.yaml`),
  );
  await createFrom(access, [...parts, ...server], trustAuthority(access));
  await create(access, serviceBeside(KEDA, 'keda-metrics-apiserver', ADAPTER_PORT));
  const kubeconfig = await accountKubeconfig(plane, access, KEDA, KEDA_ACCOUNT);
  const env = {
    KUBECONFIG: kubeconfig,
    POD_NAMESPACE: KEDA,
    KEDA_CLUSTER_OBJECT_NAMESPACE: KEDA,
    WATCH_NAMESPACE: '',
  };
  await untilKnown(access.cluster, 'keda.sh/v1alpha1', 'ScaledObject');
  const { node, credentials } = plane;
  const certificates = path.dirname(credentials.certificate);
  const metrics = `${NODE_ADDRESS}:${METRICS_PORT}`;
  node.start(
    'keda-operator',
    path.join(programs, 'keda-operator'),
    [
      `--cert-dir=${certificates}`,
      ...['--metrics-bind-address=127.0.0.1:8080', '--health-probe-bind-address=127.0.0.1:8081'],
      `--metrics-service-bind-address=${metrics}`,
    ],
    env,
  );
  const rights = ['lister', 'authentication', 'authorization'].map(
    (purpose) => `--${purpose}-kubeconfig=${kubeconfig}`,
  );
  node.start(
    'keda-adapter',
    path.join(programs, 'keda-adapter'),
    [
      ...[`--secure-port=${ADAPTER_PORT}`, `--bind-address=${NODE_ADDRESS}`, '--port=8082'],
      ...[`--tls-cert-file=${credentials.certificate}`, `--tls-private-key-file=${credentials.key}`],
      ...[`--cert-dir=${certificates}`, `--metrics-service-address=${metrics}`],
      ...rights,
    ],
    env,
  );
  await untilServed(plane, access, 'v1beta1.external.metrics.k8s.io');
}

/** Of what is no pod: its Service is told where it is; as Endpoints, which is what the API server looks for. */
function serviceBeside(namespace: string, name: string, port: number): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ports: [{ name: https, port: 443, targetPort: ${port} }] }
---
apiVersion: v1
kind: Endpoints
metadata: { name: ${name}, namespace: ${namespace} }
subsets: [{ addresses: [{ ip: ${NODE_ADDRESS} }], ports: [{ name: https, port: ${port} }] }]
`;
}

/** The adapter's certificate is signed by the cluster's own authority. */
function trustAuthority(access: Access): (object: KubernetesObject) => KubernetesObject {
  const caBundle = access.config.clusters[0]?.caData;
  return (object) =>
    object.kind === 'APIService' ? { ...object, spec: { ...(object.spec as object), caBundle } } : object;
}

async function untilServed({ node }: ControlPlane, access: Access, service: string): Promise<void> {
  const isThere = await waitFor(async () => {
    node.check();
    const { status } = await access.registration.readAPIService({ name: service });
    const available = status?.conditions?.find(({ type }) => type === 'Available');
    return available?.status === 'True' ? true : undefined;
  }, READY_TIMEOUT_MS);
  if (isThere === undefined) throw new Error(`the program for ${service} was started, but serves nothing`);
}

async function startOperator(plane: ControlPlane, access: Access, programs: string): Promise<void> {
  await makeNamespace(access, OPERATOR);
  const manifests = path.join(programs, 'config');
  const rules = [
    'service_account',
    'role',
    'role_binding',
    'leader_election_role',
    'leader_election_role_binding',
  ];
  await createFrom(access, [
    path.join(manifests, 'crd/bases'),
    ...rules.map((name) => path.join(manifests, 'rbac', `${name}.yaml`)),
  ]);
  const kubeconfig = await accountKubeconfig(plane, access, OPERATOR, OPERATOR_ACCOUNT);
  // It ends where it doesn't find what it is for.
  await untilKnown(access.cluster, 'rabbitmq.com/v1beta1', 'RabbitmqCluster');
  plane.node.start(
    'cluster-operator',
    path.join(programs, 'cluster-operator'),
    ['--metrics-bind-address=127.0.0.1:9782', '--health-probe-bind-address=127.0.0.1:9783'],
    { KUBECONFIG: kubeconfig, OPERATOR_NAMESPACE: OPERATOR, LEASE_DURATION: '120', RENEW_DEADLINE: '100' },
  );
}

/** Without its webhook, which only checks and fills in, and without what issues by ACME. */
async function startCertManager(plane: ControlPlane, access: Access, programs: string): Promise<void> {
  await makeNamespace(access, CERT_MANAGER);
  await createFrom(access, [path.join(programs, 'config')]);
  await create(access, administrator(CERT_MANAGER, CERT_MANAGER));
  await untilKnown(access.cluster, 'cert-manager.io/v1', 'Certificate');
  const kubeconfig = await accountKubeconfig(plane, access, CERT_MANAGER, CERT_MANAGER);
  plane.node.start(CERT_MANAGER, path.join(programs, 'cert-manager'), [], { KUBECONFIG: kubeconfig });
}

/** Its roles are of no concern here: its own ones are written for Helm. */
function administrator(namespace: string, account: string): string {
  const subject = `{ kind: ServiceAccount, name: ${account}, namespace: ${namespace} }`;
  const role = '{ apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }';
  return `
apiVersion: v1
kind: ServiceAccount
metadata: { name: ${account}, namespace: ${namespace} }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: ${account} }
roleRef: ${role}
subjects: [${subject}]
`;
}

async function startMetricsServer(plane: ControlPlane, access: Access, programs: string): Promise<void> {
  const manifests = ['rbac', 'apiservice'].map((name) => path.join(programs, 'config', `${name}.yaml`));
  await createFrom(access, manifests);
  await create(access, serviceBeside(METRICS_NAMESPACE, METRICS, METRICS_SERVER_PORT));
  const kubeconfig = await accountKubeconfig(plane, access, METRICS_NAMESPACE, METRICS);
  const { node, credentials } = plane;
  node.start(METRICS, path.join(programs, METRICS), [
    ...[`--secure-port=${METRICS_SERVER_PORT}`, `--bind-address=${NODE_ADDRESS}`],
    ...[`--tls-cert-file=${credentials.certificate}`, `--tls-private-key-file=${credentials.key}`],
    ...['', 'authentication-', 'authorization-'].map((purpose) => `--${purpose}kubeconfig=${kubeconfig}`),
    // As often as it can: the HPA waits for two looks at a new pod.
    ...['--metric-resolution=10s', '--kubelet-request-timeout=5s'],
    ...['--kubelet-insecure-tls', '--kubelet-preferred-address-types=InternalIP'],
  ]);
  await untilServed(plane, access, 'v1beta1.metrics.k8s.io');
}

function makeNamespace(access: Access, name: string): Promise<void> {
  return create(access, `{ apiVersion: v1, kind: Namespace, metadata: { name: ${name} } }`);
}

/** A kubeconfig with the rights of a service account. */
async function accountKubeconfig(
  { folder, credentials }: ControlPlane,
  access: Access,
  namespace: string,
  account: string,
): Promise<string> {
  const name = `${account}-token`;
  const annotations = `{ kubernetes.io/service-account.name: ${account} }`;
  await create(
    access,
    `{ apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token,
       metadata: { name: ${name}, namespace: ${namespace}, annotations: ${annotations} } }`,
  );
  const token = await waitFor(async () => {
    const { data } = await access.core.readNamespacedSecret({ namespace, name });
    return data?.token;
  }, READY_TIMEOUT_MS);
  if (token === undefined) throw new Error(`the service account ${account} was given no token`);
  const file = path.join(folder, `${account}.kubeconfig`);
  const server = `https://${NODE_ADDRESS}:${API_PORT}`;
  const text = kubeconfigOf(server, credentials, Buffer.from(token, 'base64').toString());
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}
