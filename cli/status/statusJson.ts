/** The facts for programs: documented in docs/status.md. Fields are added, never changed. */
import type { Attention } from './attention';
import { certificatesAsJson } from './certificateReport';
import type { StatusFacts } from './facts';

const VERSION = 1;

export function statusAsJson(facts: StatusFacts, attention: readonly Attention[]): object {
  const { name, stack, endpoint, at, version, clusterName, nodes, queues, connections } = facts;
  const { limits, leftovers, unwantedUsers, fleets, drift, lastUp, certificates } = facts;
  return {
    version: VERSION,
    name,
    stack: stack ?? null,
    endpoint,
    at: at.toISOString(),
    isFine: attention.length === 0,
    attention,
    cluster: { name: clusterName, rabbitmqVersion: version, nodes },
    queues,
    fleets,
    connections,
    limits,
    drift: drift ?? null,
    lastUp: lastUp ?? null,
    leftovers,
    unwantedUsers,
    certificates: certificatesAsJson(certificates ?? [], at),
  };
}
