/** What the platform of a cluster is told and asked by, in messages of steps that are the same on both. */

export interface PlatformWords {
  /** A command that shows what a node says. */
  readonly logs: string;
  /** Before a command that is to run on a node. */
  readonly exec: string;
  /** What becomes of a node that ended, and who says why it stays away. */
  readonly restarts: string;
  readonly memorySetting: string;
  /** How volumes outlive a destroy, where they can, as a part of a sentence. */
  readonly keepVolumes: string;
}

/** @param namespace Kubernetes'; undefined on Docker */
export function platformWords(cluster: string, namespace: string | undefined): PlatformWords {
  if (namespace === undefined) {
    return {
      logs: `docker logs ${cluster}-rabbitmq-1`,
      exec: `docker exec ${cluster}-rabbitmq-1`,
      restarts:
        'Docker starts a container again that ended by itself; docker logs shows why a node stays away.',
      memorySetting: 'docker.cluster.memory',
      keepVolumes: ' keep the volumes (docker.cluster.keepVolumes),',
    };
  }
  const pods = `--namespace ${namespace}`;
  return {
    logs: `kubectl logs ${pods} rabbitmq-server-0`,
    exec: `kubectl exec ${pods} rabbitmq-server-0 --`,
    restarts: `Kubernetes starts a pod again that ended by itself; kubectl describe pods ${pods} says why a node stays away.`,
    memorySetting: 'kubernetes.cluster.memory',
    keepVolumes: '',
  };
}
