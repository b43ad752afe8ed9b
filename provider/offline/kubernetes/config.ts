/** The provider's own inputs: which cluster, and how it is treated. */
import type { Failure } from '../../inputs';
import type { PropertyMap } from '../../values';
import { changesInPlace, type PropertyChange } from '../../messages';
import { UNKNOWN, hasUnknown } from '../../values';
import { KubeconfigError, clusterAddress, type KubeSettings } from '../../../kubernetesApi/kubeconfig';

const CLUSTER_SETTINGS = ['kubeconfig', 'context', 'cluster', 'namespace'] as const;

/** Each with the variable that stands for it where the program doesn't say. */
const FLAGS = {
  deleteUnreachable: 'PULUMI_K8S_DELETE_UNREACHABLE',
  skipUpdateUnreachable: 'PULUMI_K8S_SKIP_UPDATE_UNREACHABLE',
  enablePatchForce: 'PULUMI_K8S_ENABLE_PATCH_FORCE',
  upsertExistingObjects: 'PULUMI_K8S_UPSERT_EXISTING_OBJECTS',
  enableConfigMapMutable: 'PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE',
  enableSecretMutable: 'PULUMI_K8S_ENABLE_SECRET_MUTABLE',
  enableServerSideApply: 'PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY',
} as const;

/** Pulumi's own, what has no meaning here, and what is about Helm. */
const WITHOUT_MEANING = [
  ...['version', 'pluginDownloadURL', 'clusterIdentifier', 'kubeClientSettings', 'helmReleaseSettings'],
  ...['suppressDeprecationWarnings', 'suppressHelmHookWarnings', 'rejectUnknownResources'],
];

/** Whatever the program says. */
export const SECRET_CONFIG: readonly string[] = ['kubeconfig'];

export type Settings = Readonly<Record<Exclude<keyof typeof FLAGS, 'enableServerSideApply'>, boolean>>;

export function settingsOf(values: PropertyMap, env: NodeJS.ProcessEnv): Settings {
  const flag = (name: keyof typeof FLAGS): boolean => isTrue(values[name] ?? env[FLAGS[name]]);
  return {
    deleteUnreachable: flag('deleteUnreachable'),
    skipUpdateUnreachable: flag('skipUpdateUnreachable'),
    enablePatchForce: flag('enablePatchForce'),
    upsertExistingObjects: flag('upsertExistingObjects'),
    enableConfigMapMutable: flag('enableConfigMapMutable'),
    enableSecretMutable: flag('enableSecretMutable'),
  };
}

/** The SDK writes flags as JSON. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

export function checkConfig(values: PropertyMap, env: NodeJS.ProcessEnv): readonly Failure[] {
  const { renderYamlToDirectory, alwaysRender, ...others } = values;
  const failures: Failure[] = [];
  if (isStated(renderYamlToDirectory)) {
    failures.push({
      property: 'renderYamlToDirectory',
      reason:
        "is not offered by Warren's offline kubernetes plugin, which works on a cluster. Use the genuine plugin",
    });
  } else if (isTrue(alwaysRender)) {
    failures.push({ property: 'alwaysRender', reason: 'has no meaning without renderYamlToDirectory' });
  }
  const serverSide = values.enableServerSideApply ?? env[FLAGS.enableServerSideApply];
  if (serverSide === false || serverSide === 'false') {
    failures.push({
      property: 'enableServerSideApply',
      reason:
        "must be true: Warren's offline kubernetes plugin has no other way. Use the genuine plugin for the old one",
    });
  }
  const known: readonly string[] = [...CLUSTER_SETTINGS, ...Object.keys(FLAGS), ...WITHOUT_MEANING];
  const unknown = Object.keys(others).filter((name) => !name.startsWith('__') && !known.includes(name));
  for (const property of unknown) {
    failures.push({ property, reason: "is not known to Warren's offline kubernetes plugin" });
  }
  if (failures.length > 0 || hasUnknown(values)) return failures;
  return kubeconfigFailures(values, env);
}

/** A machine that has no kubeconfig, where the program doesn't give one, is told when something is asked for. */
function kubeconfigFailures(values: PropertyMap, env: NodeJS.ProcessEnv): readonly Failure[] {
  const settings = kubeSettings(values);
  if (Object.keys(settings).every((name) => name === 'namespace')) return [];
  try {
    clusterAddress(settings, env);
    return [];
  } catch (error) {
    if (error instanceof KubeconfigError) return [{ property: error.setting, reason: error.message }];
    throw error;
  }
}

export function kubeSettings(values: PropertyMap): KubeSettings {
  const given = CLUSTER_SETTINGS.filter((name) => typeof values[name] === 'string' && values[name] !== '');
  return Object.fromEntries(given.map((name) => [name, values[name]]));
}

function isStated(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/**
 * Everything is replaced when the cluster is another one: by `clusterIdentifier` where it is given, and else by the
 * cluster's entry in the kubeconfig. That is the genuine plugin's rule, too.
 */
export function changedConfig(
  olds: PropertyMap,
  news: PropertyMap,
  env: NodeJS.ProcessEnv,
): readonly PropertyChange[] {
  const changes = changesInPlace(olds, news, (name) => !name.startsWith('__'));
  const isChanged = (name: string): boolean => changes.some(({ path }) => path === name);
  const [before, after] = [olds.clusterIdentifier, news.clusterIdentifier];
  if (isStated(before) && isStated(after)) {
    return changes.map((change) => ({ ...change, isReplacement: change.path === 'clusterIdentifier' }));
  }
  const places = ['kubeconfig', 'context', 'cluster'].filter(isChanged);
  const isUnknown = places.some((name) => hasUnknown(news[name]) || news[name] === UNKNOWN);
  if (places.length === 0 || !(isUnknown || isOtherCluster(olds, news, env))) return changes;
  return changes.map((change) => ({ ...change, isReplacement: places.includes(change.path) }));
}

function isOtherCluster(olds: PropertyMap, news: PropertyMap, env: NodeJS.ProcessEnv): boolean {
  const identity = (values: PropertyMap): string | undefined => {
    // Where the program says nothing, the state doesn't know which one it was.
    if (values.kubeconfig === undefined) return undefined;
    try {
      return clusterAddress(kubeSettings(values), env).identity;
    } catch (error) {
      if (error instanceof KubeconfigError) return undefined;
      throw error;
    }
  };
  const [before, after] = [identity(olds), identity(news)];
  return before !== undefined && after !== undefined && before !== after;
}
