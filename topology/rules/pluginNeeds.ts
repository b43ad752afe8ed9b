/** What of a topology needs a plugin: shared by the rules about plugins. */
import type { Exchange, Topology, Vhost } from '../model';
import { compareNames } from '../names';
import type { Path } from '../source/index';
import { isAtLeast } from '../target';
import { EXCHANGE_TYPES, KNOWN_PLUGINS, PARAMETER_PLUGINS, POLICY_KEY_PLUGINS } from './exchangeTypes';
import type { Finding } from './rule';

interface Need {
  readonly what: string;
  /** Undefined: some plugin that isn't known here. */
  readonly plugin: string | undefined;
  readonly path: Path;
  readonly part?: 'key';
}

/** What needs a plugin that isn't among the named ones. */
export function unmetNeeds(topology: Topology, named: ReadonlySet<string>): Finding[] {
  // A plugin that isn't in our tables may bring anything.
  const hasUnknown = [...named].some((plugin) => !KNOWN_PLUGINS.has(plugin));
  return topology.vhosts
    .flatMap((vhost) => needs(vhost, topology))
    .filter(({ plugin }) => (plugin === undefined ? !hasUnknown : !named.has(plugin)))
    .map(describe);
}

/** The plugins that a topology needs, as far as they are known, by name. */
export function neededPlugins(topology: Topology): readonly string[] {
  const found = topology.vhosts.flatMap((vhost) => needs(vhost, topology).map(({ plugin }) => plugin));
  return [...new Set(found)].filter((plugin) => plugin !== undefined).sort(compareNames);
}

function describe({ what, plugin, path, part }: Need): Finding {
  return {
    message:
      plugin === undefined
        ? `${what} comes from no plugin that \`broker.plugins\` names.`
        : `${what} needs the plugin ${plugin}.`,
    reason: 'RabbitMQ would refuse it otherwise.',
    help:
      plugin === undefined
        ? 'Add the plugin that it comes from to `broker: { plugins: […] }`, or correct the name.'
        : `Add ${plugin} to \`broker: { plugins: […] }\`.`,
    path,
    ...(part === undefined ? {} : { part }),
  };
}

function needs(vhost: Vhost, { target }: Topology): Need[] {
  const policies = [...vhost.policies, ...vhost.operatorPolicies];
  return [
    ...vhost.exchanges.flatMap((exchange) => exchangeNeeds(exchange, target)),
    ...vhost.parameters.map(({ component, path }) => ({
      what: `"${component}"`,
      plugin: PARAMETER_PLUGINS[component],
      path,
      part: 'key' as const,
    })),
    ...policies.flatMap(({ definition, path }) =>
      Object.keys(definition).flatMap((key) => {
        const plugin = POLICY_KEY_PLUGINS[key];
        if (plugin === undefined) return [];
        return [{ what: `"${key}"`, plugin, path: [...path, 'definition', key], part: 'key' as const }];
      }),
    ),
  ];
}

function exchangeNeeds({ type, path }: Exchange, target: Topology['target']): Need[] {
  const known = EXCHANGE_TYPES[type];
  // Of a type that neither RabbitMQ nor a plugin could have, another rule speaks.
  if (known === undefined && !type.startsWith('x-')) return [];
  if (known !== undefined && known.plugin === undefined) return [];
  if (known?.builtInSince !== undefined && isAtLeast(target, known.builtInSince)) return [];
  return [{ what: `The exchange type "${type}"`, plugin: known?.plugin, path: [...path, 'type'] }];
}
