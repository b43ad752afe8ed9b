/** What is said of fleets that can't be, whatever the platform. */
import type { Topology } from '../topology/model';

/**
 * Undefined where the topology has all fleets that the settings name.
 * @param key where the settings have fleets: `docker.workers`
 * @param names `*` is for all
 */
export function unknownFleet(
  key: string,
  names: readonly string[],
  { workers }: Topology,
): string | undefined {
  const known = workers.map(({ name }) => name);
  const unknown = names.find((name) => name !== '*' && !known.includes(name));
  return unknown === undefined
    ? undefined
    : `${key} has the fleet "${unknown}", which is not among the topology's workers: ${known.join(', ')}.`;
}

/** @param otherWay than an image, as the end of the sentence */
export function noImage(fleet: string, platform: string, otherWay = ''): string {
  return `The workers "${fleet}" have no image. Name one in the topology (image:), or in the stack: pulumi config set --path ${platform}.workers.${fleet}.image IMAGE${otherWay}`;
}

export function nodesNames(fleet: string): string {
  return `The workers "${fleet}" would have the names of the cluster's nodes: give them another name.`;
}

/** @param where it is wanted, after a blank; empty where there is only one place */
export function noAddress(fleet: string, stack: string, where = ''): string {
  return `The workers "${fleet}"${where} need an address of the broker: pulumi config set amqp amqp://HOST:5672 --stack ${stack}`;
}
