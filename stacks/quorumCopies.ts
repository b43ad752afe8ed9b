/** The copies that quorum queues ask for, on the nodes of a cluster of the stack's own. */
import type * as pulumi from '@pulumi/pulumi';
import { groupSizeDefault, groupSizes } from '../platform/copies';
import type { Provider } from '../provider/warren/resources';
import { QuorumCopies } from '../provider/warren/stepResources';
import type { Topology } from '../topology/model';
import type { BrokerObject } from '../topology/objects';

export interface Spread {
  /** Its name, and Kubernetes' namespace, for messages. */
  readonly cluster: string;
  readonly namespace?: string;
  /** `rabbit@host` of each node; a single one has nothing to spread to. */
  readonly nodes: readonly string[];
  readonly topology: Topology;
  readonly objects: readonly BrokerObject[];
}

/** Also on nodes that joined after the queues were declared. */
export function spreadCopies(
  { nodes, topology, objects, ...where }: Spread,
  provider: Provider,
  declared: pulumi.Resource,
): readonly pulumi.Resource[] {
  if (nodes.length < 2) return [];
  const args = {
    ...where,
    nodes: [...nodes],
    sizeDefault: groupSizeDefault(topology),
    sizes: [...groupSizes(objects)],
  };
  return [new QuorumCopies('copies', args, { provider, dependsOn: [declared] })];
}
