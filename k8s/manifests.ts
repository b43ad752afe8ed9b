/** All objects of a stack but its Secrets, in the order in which they are applied: for who has them applied by others. */
import { nodeObjects } from './cluster/nodes';
import { disruptionBudget, networkPolicies } from './cluster/guards';
import { ADMIN_SECRET, COOKIE_SECRET } from './cluster/names';
import { certificateRequest, tlsSecretOf } from './cluster/secrets';
import type { BrokerObject } from '../topology/objects';
import { isAuthorityKnown } from '../platform/fleetPlan';
import { monitoringObjects } from './monitoring';
import { namespaceObject, type KubernetesObject } from './objects';
import {
  managementFor,
  needFigures,
  placeOf,
  planFleets,
  refuseWrongCluster,
  scaledFleets,
  showsClient,
  type StackFacts,
} from './plan';
import { deployment, FIGURES_SECRET, loginSecretOf, probeMap } from './workers/deployment';
import { followersOf } from './workers/followers';
import { figuresKeys, triggerAuthentication } from './workers/scaledObject';

export interface Manifests {
  readonly objects: readonly KubernetesObject[];
  /** Secrets that have to be there, with their keys. */
  readonly secrets: readonly { readonly name: string; readonly keys: readonly string[] }[];
}

/**
 * @param brokerObjects what the topology compiles to
 * @param warn of what may not work
 * @throws PlatformSettingsError, or Error in one sentence
 */
export function manifestsOf(
  facts: StackFacts,
  brokerObjects: readonly BrokerObject[],
  warn: (text: string) => void,
): Manifests {
  const { kubernetes, topology } = facts;
  refuseWrongCluster(facts);
  const place = placeOf(facts);
  const fleets = planFleets(facts, warn);
  const { cluster, keda } = kubernetes;
  const hasTls = cluster !== undefined && topology.broker?.tls !== undefined;
  const hasAuthority = isAuthorityKnown({ topology, cluster, cacertFile: facts.cacertFile });
  const hasClient = showsClient(facts);
  const scaled = scaledFleets(fleets, kubernetes);
  const hasFigures = needFigures(fleets, kubernetes);
  const management = hasFigures ? managementFor(facts) : '';
  const objects: readonly KubernetesObject[] = [
    ...(kubernetes.createNamespace ? [namespaceObject(place)] : []),
    ...(cluster === undefined
      ? []
      : [
          ...(hasTls && 'issuer' in cluster.tls ? [certificateRequest(cluster.tls, place)] : []),
          disruptionBudget(place),
          ...networkPolicies(topology, cluster, place),
          ...nodeObjects(topology, cluster, place),
        ]),
    ...(hasFigures ? [probeMap(hasClient, place)] : []),
    ...(scaled.length > 0 ? [triggerAuthentication({ hasAuthority, hasClient }, place)] : []),
    ...fleets.flatMap((fleet) => {
      const deployed = { ...fleet, management, loginDigest: '' };
      return [deployment(deployed, place), ...followersOf(deployed, keda, place)];
    }),
    ...monitoringObjects({ topology, objects: brokerObjects, kubernetes }, place),
  ];
  return {
    objects,
    secrets: [
      ...(cluster === undefined
        ? []
        : [{ name: ADMIN_SECRET, keys: ['username', 'password', 'default_user.conf', 'host', 'port'] }]),
      ...(cluster?.by === 'statefulSet' ? [{ name: COOKIE_SECRET, keys: ['cookie'] }] : []),
      ...(hasTls ? [{ name: tlsSecretOf(cluster), keys: ['ca.crt', 'tls.crt', 'tls.key'] }] : []),
      ...(hasFigures
        ? [
            {
              name: FIGURES_SECRET,
              keys: figuresKeys({ hasAuthority, hasClient }).map(([, key]) => key),
            },
          ]
        : []),
      ...fleets.map(({ plan }) => ({
        name: loginSecretOf(plan.name),
        keys: ['url', 'username', 'password', ...(plan.hasAuthority ? ['ca.crt'] : [])],
      })),
    ],
  };
}
