/** What a fleet has beside its Deployment, for who applies it and for who only writes it down. */
import type { BrokerAddress } from '../../platform/address';
import type { Worker } from '../../topology/model';
import type { KubernetesObject, Place } from '../objects';
import type { KedaSettings } from '../settings';
import { disruptionBudgets, type DeployedFleet } from './deployment';
import { horizontalPodAutoscaler } from './hpa';
import { scaledObject } from './scaledObject';

export interface FollowedFleet extends DeployedFleet {
  readonly worker: Worker;
  readonly address: BrokerAddress;
}

export function followersOf(
  fleet: FollowedFleet,
  keda: KedaSettings | false,
  place: Place,
): readonly KubernetesObject[] {
  return [...disruptionBudgets(fleet, place), ...scalersOf(fleet, keda, place)];
}

/**
 * How many workers are waited for. Where somebody else scales them, one is all that a new Deployment has by itself, and
 * how many more there are is none of the stack's business.
 */
export function awaitedConsumers(
  { plan, settings: { hpa } }: Pick<FollowedFleet, 'plan' | 'settings'>,
  keda: KedaSettings | false,
): number {
  const isScaledElsewhere = plan.isScaled && hpa === undefined && keda === false;
  return isScaledElsewhere ? Math.min(plan.replicasMin, 1) : plan.replicasMin;
}

function scalersOf(
  { plan, settings: { hpa }, worker: { autoscale }, management, address }: FollowedFleet,
  keda: KedaSettings | false,
  place: Place,
): readonly KubernetesObject[] {
  if (autoscale === undefined) return [];
  if (hpa !== undefined) return [horizontalPodAutoscaler(plan, autoscale, hpa, place)];
  if (keda === false) return [];
  const amqp = `${address.scheme}://${address.host}:${address.port}`;
  return [scaledObject({ plan, autoscale, management, amqp }, keda, place)];
}
