/** Kubernetes objects as plain tables, which `warren render --to manifests` writes and `up` applies: the same ones. */
import type * as pulumi from '@pulumi/pulumi';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Secret: its contents are not a part of what is rendered. */
export interface SecretObject extends KubernetesObject {
  readonly kind: 'Secret';
  readonly stringData: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Where the objects of a stack are. */
export interface Place {
  readonly namespace: string;
  /** PROJECT-STACK */
  readonly instance: string;
}

/** The labels that Kubernetes' own documentation recommends; the first two select. */
export function labelsOf({ instance }: Place, name: string, component: string): Record<string, string> {
  return {
    ...selectorOf(instance, name),
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'warren',
  };
}

export function selectorOf(instance: string, name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': instance };
}

/** Pods in it keep to the strictest of Kubernetes' own standards. */
export function namespaceObject({ namespace, instance }: Place): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespace,
      labels: {
        'app.kubernetes.io/instance': instance,
        'app.kubernetes.io/part-of': 'warren',
        'pod-security.kubernetes.io/enforce': 'restricted',
      },
    },
  };
}

/** One that is a part of other names, too: Kubernetes takes small letters, digits and hyphens, at most 63. */
export function nameFor(...words: readonly string[]): string {
  return words
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
}
