/**
 * `warren.CertificatesServed`: on Kubernetes, all nodes show the certificate that is in their Secret by now. Nobody
 * replaces their pods for that: kubelet brings the Secret's files into them, and Erlang reads files again when what it
 * remembers of them is two minutes old. Each pod is asked by a handshake, and both are hastened as far as that is allowed.
 */
import * as crypto from 'node:crypto';
import { duplexPair } from 'node:stream';
import * as tls from 'node:tls';
import { isClusterError } from '../../../kubernetesApi/errors';
import { clusterAddress } from '../../../kubernetesApi/kubeconfig';
import { openPodAccess, type Pod, type PodAccess } from '../../../kubernetesApi/podAccess';
import { openCluster, path, type Cluster } from '../../../kubernetesApi/transport';
import type { StepType } from '../../stepType';
import { UserError } from '../../userError';
import { statefulSetPlace, type StatefulSetPlace } from './statefulSetPlace';

interface CertificatesServed extends StatefulSetPlace {
  readonly nodes: number;
  /** Of AMQPS and of the management API. */
  readonly ports: readonly number[];
  /** PEM text. */
  readonly certificate: string;
  /** Where the pods have it. */
  readonly file: string;
  readonly timeoutSeconds: number;
}

const POLL_MS = 1_000;
/** Where nobody can be asked, longer than kubelet and Erlang ever take. */
const UNSEEN_MS = 300_000;
const FORBIDDEN = 'the login may not connect to the pods (create pods/portforward)';
const HANDSHAKE_TIMEOUT_MS = 15_000;
/** Of the nodes' pods, whoever made them. */
const CONTAINER = 'rabbitmq';
/** A change of a pod's annotation has kubelet look at its Secrets at once. */
const ANNOTATION = 'warren/certificate';

export const certificatesServedStep: StepType<CertificatesServed> = {
  token: 'warren:index:CertificatesServed',
  parse: (inputs) => ({
    ...statefulSetPlace(inputs),
    nodes: inputs.integer('nodes'),
    ports: (inputs.list('ports') ?? []).map(Number),
    certificate: inputs.text('certificate'),
    file: inputs.text('file'),
    timeoutSeconds: inputs.integer('timeoutSeconds'),
  }),
  pass: async ({ status, warn }, step, before) => {
    const locate = () => clusterAddress(step, process.env);
    const cluster = openCluster(locate);
    const access = openPodAccess(locate);
    const { namespace, statefulSet, timeoutSeconds } = step;
    const pods = Array.from({ length: step.nodes }, (_, index) => ({
      namespace,
      name: `${statefulSet}-${index}`,
    }));
    const startMs = performance.now();
    let told = '';
    for (;;) {
      const seen = await Promise.all(pods.map((pod) => obstacleOn(access, pod, step)));
      const missing = seen.find((obstacle) => obstacle !== undefined);
      if (missing === undefined) return;
      const waitedMs = performance.now() - startMs;
      if (missing === FORBIDDEN && (before === undefined || waitedMs > UNSEEN_MS)) {
        if (before !== undefined)
          await warn(`Whether the nodes show their new certificate isn't known: ${missing}.`);
        return;
      }
      if (waitedMs > timeoutSeconds * 1000) {
        throw new UserError(
          `Waited ${timeoutSeconds} s for the nodes to show their new certificate: ${missing}. It comes into the pods by their Secret, and the nodes read it again by themselves. Where one doesn't: kubectl exec --namespace ${namespace} ${statefulSet}-0 -- rabbitmqctl eval 'ssl:clear_pem_cache().' Then run this again: it goes on where it stopped.`,
        );
      }
      if (missing !== told) status(`waiting for the new certificate: ${missing}`);
      told = missing;
      const late = pods.filter((_, index) => seen[index] !== undefined);
      await Promise.all(late.map((pod) => hasten(cluster, access, pod, step)));
      await cluster.pause(POLL_MS, 'wait for the new certificate');
    }
  },
};

/** Undefined where the node shows the certificate at each of its ports; otherwise a sentence without its full stop. */
async function obstacleOn(
  access: PodAccess,
  pod: Pod,
  { ports, certificate }: CertificatesServed,
): Promise<string | undefined> {
  const wanted = new crypto.X509Certificate(certificate).raw;
  for (const port of ports) {
    try {
      const shown = await certificateAt(access, pod, port);
      if (!shown.equals(wanted)) return `${pod.name} still shows the old one at ${port}`;
    } catch (error) {
      if ((error as Error).message.endsWith(' 403')) return FORBIDDEN;
      return `${pod.name} doesn't answer at ${port} (${(error as Error).message})`;
    }
  }
  return undefined;
}

/** Whom the node says to be: nothing else is asked, and nobody is logged in. */
async function certificateAt(access: PodAccess, pod: Pod, port: number): Promise<Buffer> {
  const [ours, theirs] = duplexPair();
  theirs.on('error', () => undefined);
  theirs.once('close', () => ours.destroy());
  const connecting = access.connect(pod, port, theirs);
  const socket = tls.connect({ socket: ours, rejectUnauthorized: false });
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error('no answer'));
      }, HANDSHAKE_TIMEOUT_MS);
      timer.unref();
      connecting.catch(reject);
      socket.once('error', reject);
      socket.once('close', () => {
        reject(new Error('it closed the connection'));
      });
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate().raw);
      });
    });
  } finally {
    socket.destroy();
    theirs.destroy();
  }
}

/** As far as the login may: without, it takes some minutes. */
async function hasten(
  cluster: Cluster,
  access: PodAccess,
  pod: Pod,
  { certificate, file }: CertificatesServed,
): Promise<void> {
  const digest = crypto.createHash('sha256').update(certificate).digest('hex').slice(0, 16);
  try {
    await cluster.ask({
      method: 'PATCH',
      path: `/api/v1${path('namespaces', pod.namespace, 'pods', pod.name)}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { [ANNOTATION]: digest } } },
      action: `annotate the Pod "${pod.name}"`,
    });
  } catch (error) {
    if (!isClusterError(error) || error.kind === 'cancelled') throw error;
  }
  // Its last line but one is the end of a signature, which no other certificate has.
  const line = certificate.trim().split(/\r?\n/).at(-2) ?? '';
  const script = `grep -qF -- "$1" "$2" && rabbitmqctl -q eval 'ssl:clear_pem_cache().'`;
  await access.succeeds(pod, CONTAINER, ['/bin/sh', '-c', script, 'sh', line, file]);
}
