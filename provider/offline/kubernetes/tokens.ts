/** What a resource's type token says, and which ones are left to the genuine plugin. */
import { UserError } from '../../userError';

export const GENUINE = 'The genuine plugin may: `pulumi plugin install resource kubernetes`.';

/** Components that the genuine plugin makes objects of, and Helm's own. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [
    /^kubernetes:helm\.sh\//,
    'Render the chart beforehand (`helm template`), and give its objects to the program as YAML (k8s.yaml.ConfigGroup)',
  ],
  [/^kubernetes:yaml\/v2:/, 'The classes of k8s.yaml (without v2) work here as well'],
  [
    /^kubernetes:kustomize/,
    'Render the folder beforehand (`kubectl kustomize`), and use k8s.yaml.ConfigGroup',
  ],
];

export interface ObjectToken {
  readonly apiVersion: string;
  readonly kind: string;
}

/** @throws UserError for what this plugin doesn't know */
export function objectToken(token: string): ObjectToken {
  const refused = REFUSED.find(([pattern]) => pattern.test(token));
  if (refused !== undefined) throw unknownToken(token, `${refused[1]}. `);
  const match = /^kubernetes:([^:/]+)\/([^:/]+):([^:/]+)$/.exec(token);
  const core = /^kubernetes:(v\d\w*):([^:/]+)$/.exec(token);
  const [, group = '', version = '', kind = ''] = match ?? [undefined, 'core', core?.[1], core?.[2]];
  if (kind === '') throw unknownToken(token, '');
  return { apiVersion: group === 'core' ? version : `${group}/${version}`, kind };
}

export function unknownToken(token: string, help: string): UserError {
  return new UserError(`Warren's offline kubernetes plugin has no resource type ${token}. ${help}${GENUINE}`);
}

/** Groups whose objects all belong to a namespace, except those kinds. */
const GROUPS_OF_K8S_IO = [
  ...['admissionregistration', 'apiextensions', 'apiregistration', 'authentication', 'authorization'],
  ...['certificates', 'coordination', 'discovery', 'events', 'flowcontrol.apiserver', 'networking', 'node'],
  ...['rbac.authorization', 'resource', 'scheduling', 'storage', 'storagemigration'],
];
const BUILT_IN = new RegExp(
  `^(v1|[a-z]+/v\\w+|(${GROUPS_OF_K8S_IO.join('|').replaceAll('.', '\\.')})\\.k8s\\.io/v\\w+)$`,
);
const OF_THE_CLUSTER = new Set([
  ...['Namespace', 'Node', 'PersistentVolume', 'ComponentStatus'],
  ...['ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'APIService'],
  ...['StorageClass', 'VolumeAttachment', 'CSIDriver', 'CSINode', 'VolumeAttributesClass'],
  ...['IngressClass', 'PriorityClass', 'RuntimeClass', 'FlowSchema', 'PriorityLevelConfiguration'],
  ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
  ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'CertificateSigningRequest'],
  ...['DeviceClass', 'ClusterTrustBundle', 'IPAddress', 'ServiceCIDR', 'SelfSubjectReview', 'TokenReview'],
]);

/** Undefined where only the cluster can say. */
export function isNamespacedByName({ apiVersion, kind }: ObjectToken): boolean | undefined {
  if (!BUILT_IN.test(apiVersion)) return undefined;
  return OF_THE_CLUSTER.has(kind) ? false : true;
}
