/** Kubernetes objects as Pulumi's resources. */
import * as kubernetes from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import type { KubernetesObject } from './objects';

type Constructor = new (
  name: string,
  args: object,
  options?: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

/** Kinds of Kubernetes itself: the SDK says `core` where the API says nothing. */
const KINDS = new Map<string, unknown>([
  ['v1/Namespace', kubernetes.core.v1.Namespace],
  ['v1/Secret', kubernetes.core.v1.Secret],
  ['v1/ConfigMap', kubernetes.core.v1.ConfigMap],
  ['v1/Service', kubernetes.core.v1.Service],
  ['apps/v1/Deployment', kubernetes.apps.v1.Deployment],
  ['apps/v1/StatefulSet', kubernetes.apps.v1.StatefulSet],
  ['autoscaling/v2/HorizontalPodAutoscaler', kubernetes.autoscaling.v2.HorizontalPodAutoscaler],
  ['policy/v1/PodDisruptionBudget', kubernetes.policy.v1.PodDisruptionBudget],
  ['networking.k8s.io/v1/NetworkPolicy', kubernetes.networking.v1.NetworkPolicy],
]);

/** The resource's logical name is the object's own, after its kind: no two objects have both. */
export function apply(
  object: KubernetesObject,
  options: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const { apiVersion, kind, metadata } = object;
  const name = `${kind}/${metadata.name}`;
  const known = KINDS.get(`${apiVersion}/${kind}`) as Constructor | undefined;
  if (known !== undefined) return new known(name, object, options);
  const args = object as unknown as kubernetes.apiextensions.CustomResourceArgs;
  return new kubernetes.apiextensions.CustomResource(name, args, options);
}
