/** What tests are told about their cluster. */
import type { KubernetesImages } from './images';

/** All of it can be handed to another process. */
export interface Kubernetes {
  /** File that works on this machine. */
  readonly kubeconfig: string;
  readonly context: string;
  /** Whether it is the tests' own, without anything else on it. */
  readonly isPrivate: boolean;
  readonly images: KubernetesImages;
  /** Followed by the name of an archive as `docker save` writes it, gives the cluster its images; empty where it takes none. */
  readonly importCommand: readonly string[];
  /** Has dynamic provisioning; empty for the cluster's default. */
  readonly storageClass: string;
  /** Why there is no KEDA, or no cluster operator; empty where there is. */
  readonly missingKeda: string;
  readonly missingOperator: string;
  readonly missingCertManager: string;
  /** Of the metrics server. */
  readonly missingMetrics: string;
}

export interface TestKubernetes extends Kubernetes {
  readonly stop: () => Promise<void>;
}
