/** A cluster's API. */
import { clusterAddress } from '../../../kubernetesApi/kubeconfig';
import { openCluster, type Cluster } from '../../../kubernetesApi/transport';
import type {
  ApiextensionsV1Api,
  ApiregistrationV1Api,
  CoreV1Api,
  KubeConfig,
  VersionApi,
} from '@kubernetes/client-node' with { 'resolution-mode': 'import' };

export interface Access {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly extensions: ApiextensionsV1Api;
  readonly registration: ApiregistrationV1Api;
  readonly version: VersionApi;
  /** For objects of every kind. */
  readonly cluster: Cluster;
}

/** Asks nothing yet. @throws Error when the file can't be read */
export async function accessTo(kubeconfig: string): Promise<Access> {
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  config.loadFromFile(kubeconfig);
  return {
    config,
    core: config.makeApiClient(client.CoreV1Api),
    extensions: config.makeApiClient(client.ApiextensionsV1Api),
    registration: config.makeApiClient(client.ApiregistrationV1Api),
    version: config.makeApiClient(client.VersionApi),
    cluster: openCluster(() => clusterAddress({ kubeconfig }, process.env)),
  };
}
