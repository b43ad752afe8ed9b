/** A fleet that Kubernetes itself scales, by its processors: where KEDA isn't, or messages say too little of the work. */
import { DEFAULTS } from '../../scaler/config';
import type { FleetPlan } from '../../platform/fleetPlan';
import type { Worker } from '../../topology/model';
import { labelsOf, nameFor, type KubernetesObject, type Place } from '../objects';

/** The longest that Kubernetes takes. */
export const WINDOW_SECONDS_MAX = 3600;

export function cooldownSecondsOf({ cooldownMs }: NonNullable<Worker['autoscale']>): number {
  return Math.ceil((cooldownMs ?? DEFAULTS.cooldownMs) / 1000);
}

export function horizontalPodAutoscaler(
  plan: FleetPlan,
  autoscale: NonNullable<Worker['autoscale']>,
  { cpuPercent }: { readonly cpuPercent: number },
  place: Place,
): KubernetesObject {
  const name = nameFor(plan.name);
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: place.namespace, labels: labelsOf(place, name, 'scaler') },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: plan.replicasMin,
      maxReplicas: plan.replicasMax,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuPercent } },
        },
      ],
      behavior: {
        scaleDown: {
          stabilizationWindowSeconds: Math.min(cooldownSecondsOf(autoscale), WINDOW_SECONDS_MAX),
        },
      },
    },
  };
}
