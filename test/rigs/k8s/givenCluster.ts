/** The cluster that WARREN_TEST_KUBECONFIG names. It pulls its images itself, and is left as it was. */
import { accessTo, type Access } from './access';
import type { TestKubernetes } from './types';
import type { KubernetesImages } from './images';

/** Those with clients in them exist on no registry. */
export const PUBLIC_IMAGES: KubernetesImages = {
  busybox: 'busybox:1.37',
  rabbitmq: { '4.0': 'rabbitmq:4.0-management', '4.3': 'rabbitmq:4.3-management' },
  clients: { 'celery-5.5': '', 'celery-5.6': '', amqp: '' },
};

/** @throws Error with a one-line reason when it can't be used */
export async function givenCluster(kubeconfig: string, say: (text: string) => void): Promise<TestKubernetes> {
  let access: Access;
  try {
    access = await accessTo(kubeconfig);
    const { gitVersion } = await access.version.getCode();
    say(`the tests run on ${access.config.currentContext} of ${kubeconfig}, Kubernetes ${gitVersion}`);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Error(
      `WARREN_TEST_KUBECONFIG names ${kubeconfig}, whose cluster can't be asked: ${reason}. ` +
        'It needs rights to create namespaces; without the variable, the tests have a cluster of their own.',
    );
  }
  const missing = await missingAddons(access);
  for (const reason of Object.values(missing)) if (reason !== '') say(`tests are skipped: ${reason}`);
  return {
    kubeconfig,
    context: access.config.currentContext,
    isPrivate: false,
    images: PUBLIC_IMAGES,
    importCommand: [],
    storageClass: '',
    ...missing,
    stop: () => Promise.resolve(),
  };
}

/** Told by their custom resources, and by what they serve. */
export async function missingAddons({
  extensions,
  registration,
}: Access): Promise<Pick<TestKubernetes, `missing${'Keda' | 'Operator' | 'CertManager' | 'Metrics'}`>> {
  const kinds = await extensions.listCustomResourceDefinition();
  const services = await registration.listAPIService();
  const names = new Set([...kinds.items, ...services.items].map(({ metadata }) => metadata?.name));
  const reason = (name: string, what: string): string =>
    names.has(name) ? '' : `${what} is not installed on the cluster`;
  return {
    missingKeda: reason('scaledobjects.keda.sh', 'KEDA'),
    missingOperator: reason('rabbitmqclusters.rabbitmq.com', "RabbitMQ's cluster operator"),
    missingCertManager: reason('certificates.cert-manager.io', 'cert-manager'),
    missingMetrics: reason('v1beta1.metrics.k8s.io', 'a metrics server'),
  };
}
