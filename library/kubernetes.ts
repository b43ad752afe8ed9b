/** Components on Kubernetes, and the manifests that they apply. */
export { Cluster, type ClusterArgs } from '../k8s/cluster/index';
export { Fleet, type FleetArgs } from '../k8s/workers/index';
export { manifestsOf, type Manifests } from '../k8s/manifests';
export type { KubernetesSettings } from '../k8s/settings';
