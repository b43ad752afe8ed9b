/** Where the nodes of a cluster on Kubernetes are, as every step says that asks about their StatefulSet. */
import type { Inputs } from '../../inputs';

export interface StatefulSetPlace {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly statefulSet: string;
}

export function statefulSetPlace(inputs: Inputs): StatefulSetPlace {
  const kubeconfig = inputs.optionalText('kubeconfig');
  const context = inputs.optionalText('context');
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    namespace: inputs.text('namespace'),
    statefulSet: inputs.text('statefulSet'),
  };
}
