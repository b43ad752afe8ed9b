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

/** Told by their custom resources. */
export async function missingAddons({
  extensions,
}: Access): Promise<Pick<TestKubernetes, 'missingKeda' | 'missingOperator'>> {
  const { items } = await extensions.listCustomResourceDefinition();
  const names = new Set(items.map(({ metadata }) => metadata?.name));
  return {
    missingKeda: names.has('scaledobjects.keda.sh') ? '' : 'KEDA is not installed on the cluster',
    missingOperator: names.has('rabbitmqclusters.rabbitmq.com')
      ? ''
      : "RabbitMQ's cluster operator is not installed on the cluster",
  };
}
