/**
 * A vhost's quotas become an operator policy over every queue. At most one operator policy applies to a queue, so the
 * explicit ones take the quotas in, the lower limit of the two, and the quotas' own policy covers what is left.
 */
import { settingsDefinition } from '../resolve/policyDefinitions';
import type { Policy, Vhost } from '../model';
import type { Arguments } from '../objects';

export const QUOTAS_POLICY = 'warren.quotas';

export function expandQuotas(vhost: Vhost): Vhost {
  const quotas = settingsDefinition(vhost.quotas ?? {});
  if (Object.keys(quotas).length === 0) return vhost;
  const explicit = vhost.operatorPolicies.map((policy) => ({
    ...policy,
    definition: lowerOfBoth(policy.definition, quotas),
  }));
  const policy: Policy = {
    path: [...vhost.path, 'quotas'],
    name: QUOTAS_POLICY,
    pattern: '.*',
    applyTo: 'queues',
    priority: Math.min(0, ...explicit.map(({ priority }) => priority)) - 1,
    definition: quotas,
    isGenerated: true,
  };
  return { ...vhost, operatorPolicies: [...explicit, policy] };
}

function lowerOfBoth(definition: Arguments, quotas: Arguments): Arguments {
  const merged: Record<string, Arguments[string]> = { ...definition };
  for (const [key, quota] of Object.entries(quotas)) {
    const own = merged[key];
    merged[key] = typeof own === 'number' && typeof quota === 'number' ? Math.min(own, quota) : quota;
  }
  return merged;
}
