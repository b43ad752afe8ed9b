/**
 * What one key of the topology stands for, written out in the words of the rest of it: rules, resolver and compiler then
 * see nothing but exchanges, queues, bindings, policies and permissions. Whatever is made here leads back, by its
 * `path`, to the key that it comes from.
 */
import type { Topology } from '../model';
import { expandCelery } from './celery';
import { expandCeleryWorkers } from './celeryWorkers';
import { expandQuotas } from './quotas';
import { expandRetries } from './retry';
import { expandRoles } from './roles';
import { expandSuperStreams } from './superStreams';

/** Never fails: what can't be written out is left as it is, for the rules to complain about. */
export function expandTopology(topology: Topology): Topology {
  const retried = expandCeleryWorkers(expandRetries(expandCelery(topology)));
  const vhosts = retried.vhosts.map((vhost) => expandQuotas(expandSuperStreams(vhost)));
  return expandRoles({ ...retried, vhosts });
}
