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
  /** Whether the broker's certificates are from an authority that is told. */
  readonly hasOwnAuthority: boolean;
}

export function followersOf(
  fleet: FollowedFleet,
  keda: KedaSettings | false,
  place: Place,
): readonly KubernetesObject[] {
  return [...disruptionBudgets(fleet, place), ...scalersOf(fleet, keda, place)];
}

function scalersOf(
  { plan, settings: { hpa }, worker: { autoscale }, management, address, hasOwnAuthority }: FollowedFleet,
  keda: KedaSettings | false,
  place: Place,
): readonly KubernetesObject[] {
  if (autoscale === undefined) return [];
  if (hpa !== undefined) return [horizontalPodAutoscaler(plan, autoscale, hpa, place)];
  if (keda === false) return [];
  const amqp = `${address.scheme}://${address.host}:${address.port}`;
  return [scaledObject({ plan, autoscale, management, amqp, hasOwnAuthority }, keda, place)];
}
