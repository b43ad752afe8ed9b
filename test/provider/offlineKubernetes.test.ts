/** The offline kubernetes plugin's decisions: what differs, what replaces, what is refused. Needs no cluster. */
import * as kubernetes from '@pulumi/kubernetes';
import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../kubernetesApi/errors';
import { ManifestError, objectsIn } from '../../kubernetesApi/manifests';
import type { KubernetesObject } from '../../kubernetesApi/objects';
import { foreseeUpdate, guessOf } from '../../provider/offline/kubernetes/apply';
import { changedConfig, checkConfig, settingsOf } from '../../provider/offline/kubernetes/config';
import { knownDifference, respectingIgnored } from '../../provider/offline/kubernetes/diff';
import { inputsOf, stateForm, wireForm } from '../../provider/offline/kubernetes/object';
import { ownersIn } from '../../provider/offline/kubernetes/ownership';
import { parsePlace, textOf, withValueAt } from '../../provider/offline/kubernetes/paths';
import { marked, secretsOf } from '../../provider/offline/kubernetes/secrets';
import { ownManager, readState, stateOf } from '../../provider/offline/kubernetes/state';
import { isNamespacedByName, objectToken } from '../../provider/offline/kubernetes/tokens';
import { UNKNOWN, asSecret, encode, type PropertyMap } from '../../provider/values';
import { urn } from './plugin';

const SETTINGS = settingsOf({}, {});
const URN = urn('kubernetes:apps/v1:Deployment', 'd');

function object(kind: string, further: PropertyMap, apiVersion = 'v1'): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'x', namespace: 'n' }, ...further };
}

/** Paths with `!` where the object would be replaced. */
function changes(before: PropertyMap, news: PropertyMap, settings = SETTINGS): string[] {
  const live = before as KubernetesObject;
  const state = readState(
    URN,
    stateOf({ inputs: before, live, manager: 'm', initialApiVersion: live.apiVersion }),
  );
  const { changes: found } = knownDifference({ state, news, ignored: [], settings });
  return found.map(({ path, kind, isReplacement }) => `${isReplacement ? '!' : ''}${kind} ${path}`);
}

describe('what replaces an object', () => {
  const deployment = object(
    'Deployment',
    {
      spec: { replicas: 1, selector: { matchLabels: { app: 'a' } }, template: { spec: { containers: [] } } },
    },
    'apps/v1',
  );

  it('is its identity, and what of its kind never changes', () => {
    const change = (place: (string | number)[], value: unknown): string[] =>
      changes(deployment, withValueAt(deployment, place, value) as PropertyMap);
    expect(change(['spec', 'replicas'], 2)).toEqual(['update spec.replicas']);
    expect(change(['spec', 'selector', 'matchLabels', 'app'], 'b')).toEqual([
      '!update spec.selector.matchLabels.app',
    ]);
    expect(change(['metadata', 'name'], 'y')).toEqual(['!update metadata.name']);
    expect(change(['metadata', 'namespace'], UNKNOWN)).toEqual(['!update metadata.namespace']);
    expect(change(['metadata', 'labels', 'a.b/c'], '1')).toEqual(['add metadata.labels']);
    expect(change(['spec', 'replicas'], undefined)).toEqual(['delete spec.replicas']);
  });

  it('is a claim except for its size, a job except for its parallelism, a stateful set as the API says', () => {
    const claim = object('PersistentVolumeClaim', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const grown = withValueAt(claim, ['spec', 'resources', 'requests', 'storage'], '2Gi') as PropertyMap;
    expect(changes(claim, grown)).toEqual(['update spec.resources.requests.storage']);
    const shared = withValueAt(claim, ['spec', 'accessModes', 0], 'ReadWriteMany') as PropertyMap;
    expect(changes(claim, shared)).toEqual(['!update spec.accessModes[0]']);
    const job = object('Job', { spec: { parallelism: 1, template: { spec: { a: 1 } } } }, 'batch/v1');
    const other = withValueAt(
      withValueAt(job, ['spec', 'parallelism'], 2),
      ['spec', 'template', 'spec', 'a'],
      2,
    );
    expect(changes(job, other as PropertyMap)).toEqual([
      'update spec.parallelism',
      '!update spec.template.spec.a',
    ]);
    const set = object('StatefulSet', { spec: { serviceName: 's', replicas: 1 } }, 'apps/v1');
    const moved = { ...set, spec: { serviceName: 't', replicas: 3 } };
    expect(changes(set, moved)).toEqual(['!update spec.serviceName', 'update spec.replicas']);
  });

  it("is a Secret's and a ConfigMap's content, unless the provider lets it change", () => {
    const secret = object('Secret', { stringData: { a: '1' }, type: 'Opaque' });
    const changed = { ...secret, stringData: { a: '2' } };
    expect(changes(secret, changed)).toEqual(['!update stringData.a']);
    const mutable = settingsOf({ enableSecretMutable: 'true' }, {});
    expect(changes(secret, changed, mutable)).toEqual(['update stringData.a']);
    const frozen = { ...secret, immutable: true };
    expect(changes(frozen, { ...changed, immutable: true }, mutable)).toEqual(['!update stringData.a']);
    const map = object('ConfigMap', { data: { a: '1' } });
    expect(changes(map, { ...map, data: { a: '2' } }, mutable)).toEqual(['!update data.a']);
    const both = settingsOf({}, { PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE: 'true' });
    expect(changes(map, { ...map, data: {} }, both)).toEqual(['delete data.a']);
  });

  it('deletes first only where the name is taken', () => {
    const known = (news: PropertyMap): boolean => {
      const state = readState(
        URN,
        stateOf({ inputs: deployment, live: deployment, manager: 'm', initialApiVersion: 'apps/v1' }),
      );
      return knownDifference({ state, news, ignored: [], settings: SETTINGS }).deleteBeforeReplace;
    };
    const selector = { matchLabels: { app: 'b' } };
    const news = withValueAt(deployment, ['spec', 'selector'], selector) as PropertyMap;
    expect(known(news)).toBe(true);
    expect(known({ ...news, metadata: { name: 'y', namespace: 'n' } })).toBe(false);
    const annotations = { 'pulumi.com/autonamed': 'true' };
    expect(known({ ...news, metadata: { ...deployment.metadata, annotations } })).toBe(false);
  });
});

describe('objects', () => {
  it('go to the API server without what is its own, with texts encoded and dashes in names', () => {
    const given = object('Secret', {
      data: { a: 'QQ==', b: 'Qg==' },
      stringData: { b: 'new' },
      metadata: { name: 'x', uid: 'u', resourceVersion: '1', managedFields: [], labels: { a: null } },
    });
    expect(wireForm(given)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x', labels: {} },
      data: { a: 'QQ==', b: 'bmV3' },
    });
    const definition = object('CustomResourceDefinition', {
      spec: { x_kubernetes_preserve_unknown_fields: true, names: { x_other: 1 } },
    });
    const wire = wireForm(definition);
    expect(wire.spec).toEqual({ 'x-kubernetes-preserve-unknown-fields': true, names: { x_other: 1 } });
    expect(stateForm(wire).spec).toEqual(definition.spec);
  });

  it('become the inputs of an import without status and bookkeeping', () => {
    const live = object('Pod', {
      metadata: { name: 'x', uid: 'u', labels: { a: 'b' } },
      status: { phase: 'x' },
    });
    expect(inputsOf(live)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x', labels: { a: 'b' } },
    });
  });

  it('keep what is ignored as it is on the cluster', () => {
    const live = object('Deployment', { spec: { replicas: 5 } });
    const wanted = object('Deployment', { spec: { replicas: 1, paused: true } });
    expect(respectingIgnored(wanted, live, ['spec.replicas', 'spec.paused']).spec).toEqual({ replicas: 5 });
  });

  it('are foreseen by a preview with what only the cluster knows left open', () => {
    const service = object('Service', { spec: { ports: [] } });
    expect(guessOf(service)).toMatchObject({
      metadata: { name: 'x', uid: UNKNOWN },
      spec: { ports: [], clusterIP: UNKNOWN },
      status: UNKNOWN,
    });
    expect(guessOf({ ...service, spec: { clusterIP: 'None' } }).spec).toEqual({
      clusterIP: 'None',
      clusterIPs: UNKNOWN,
    });
    expect(guessOf(object('Pod', { spec: {} })).spec).toEqual({});
    const live = { ...service, spec: { clusterIP: '10.0.0.1', ports: [1] }, status: { a: 1 } };
    expect(foreseeUpdate(live, { ...service, spec: { ports: [2, 3] } })).toEqual({
      ...service,
      spec: { clusterIP: '10.0.0.1', ports: [2, 3] },
      status: { a: 1 },
    });
  });

  it('are of a namespace or of the cluster by their kind', () => {
    expect(objectToken('kubernetes:core/v1:Secret')).toEqual({ apiVersion: 'v1', kind: 'Secret' });
    expect(objectToken('kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster')).toEqual({
      apiVersion: 'rabbitmq.com/v1beta1',
      kind: 'RabbitmqCluster',
    });
    expect(isNamespacedByName({ apiVersion: 'v1', kind: 'Namespace' })).toBe(false);
    expect(isNamespacedByName({ apiVersion: 'apps/v1', kind: 'Deployment' })).toBe(true);
    expect(
      isNamespacedByName({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass' }),
    ).toBeUndefined();
  });

  it('have the tokens of the SDK', () => {
    const tokenOf = (type: object): string => (type as { readonly __pulumiType: string }).__pulumiType;
    const { core, apps, rbac, apiextensions } = kubernetes;
    const tokens = [core.v1.Namespace, apps.v1.StatefulSet, rbac.v1.RoleBinding].map(tokenOf);
    expect(tokens.map(objectToken)).toEqual([
      { apiVersion: 'v1', kind: 'Namespace' },
      { apiVersion: 'apps/v1', kind: 'StatefulSet' },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
    ]);
    expect(objectToken(tokenOf(apiextensions.v1.CustomResourceDefinition)).apiVersion).toBe(
      'apiextensions.k8s.io/v1',
    );
  });

  it('refuse components by name, with the way out', () => {
    expect(() => objectToken('kubernetes:helm.sh/v3:Release')).toThrow(/helm\.sh\/v3:Release.*helm template/);
    expect(() => objectToken('kubernetes:yaml/v2:ConfigFile')).toThrow(/k8s\.yaml \(without v2\)/);
    expect(() => objectToken('kubernetes:kustomize/v2:Directory')).toThrow(/kubectl kustomize/);
  });

  it('are read from manifests, lists one by one', () => {
    const text =
      'apiVersion: v1\nkind: A\n---\n---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: B}]\n';
    expect(objectsIn(text).map(({ kind }) => kind)).toEqual(['A', 'B']);
    expect(() => objectsIn('a: 1')).toThrow(/^document 1 of the manifest is no object/);
    expect(() => objectsIn('a: [')).toThrow(ManifestError);
  });
});

describe('places', () => {
  it('are written as Pulumi writes them, and read again', () => {
    const place = ['metadata', 'labels', 'app.kubernetes.io/name', 0, 'x"y'];
    expect(textOf(place)).toBe('metadata.labels["app.kubernetes.io/name"][0]["x\\"y"]');
    expect(parsePlace(textOf(place))).toEqual(place);
    expect(parsePlace('a[')).toBeUndefined();
  });
});

describe('secrets', () => {
  const secrets = secretsOf(
    encode({ spec: { env: [{ name: 'A', value: asSecret('hunter22') }], n: asSecret(5) } }, new Set()),
  );

  it('stay secret wherever they come back, and nothing else does', () => {
    const live = {
      kind: 'Pod',
      spec: { env: [{ name: 'NEW' }, { name: 'A', value: 'hunter22' }], n: 5, m: 5 },
    };
    expect(marked(live, secrets)).toEqual({
      kind: 'Pod',
      spec: { env: [{ name: 'NEW' }, { name: 'A', value: asSecret('hunter22') }], n: asSecret(5), m: 5 },
    });
  });

  it("are all of a Secret's data, in the inputs that the state holds as well", () => {
    const state = {
      kind: 'Secret',
      data: { a: 'QQ==' },
      __inputs: { kind: 'Secret', stringData: { a: 'A' } },
    };
    expect(marked(state, { places: [], texts: new Set() })).toEqual({
      kind: 'Secret',
      data: asSecret({ a: 'QQ==' }),
      __inputs: { kind: 'Secret', stringData: asSecret({ a: 'A' }) },
    });
  });
});

describe('the provider', () => {
  const kubeconfig = (server: string, token = 't'): string =>
    JSON.stringify({
      'current-context': 'c',
      clusters: [{ name: 'k', cluster: { server } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    });
  const reasons = (values: PropertyMap): string[] =>
    checkConfig(values, {}).map(({ property, reason }) => `${property}: ${reason}`);

  it('refuses what it can not do, and a kubeconfig that is wrong', () => {
    expect(
      reasons({ kubeconfig: kubeconfig('https://a'), namespace: 'n', enableServerSideApply: 'true' }),
    ).toEqual([]);
    expect(reasons({})).toEqual([]);
    expect(reasons({ enableServerSideApply: 'false' })[0]).toContain('must be true');
    expect(reasons({ renderYamlToDirectory: 'x' })[0]).toContain('is not offered');
    expect(reasons({ strictMode: 'x' })[0]).toContain('is not known');
    expect(reasons({ kubeconfig: '{' })[0]).toBe('kubeconfig: the kubeconfig is no YAML');
    expect(reasons({ kubeconfig: '/nowhere/x' })[0]).toBe(
      "kubeconfig: the kubeconfig /nowhere/x can't be read (ENOENT)",
    );
    expect(reasons({ kubeconfig: kubeconfig('https://a'), context: 'x' })[0]).toBe(
      'context: the kubeconfig has no context "x". It has: c',
    );
    expect(reasons({ kubeconfig: kubeconfig('https://a'), cluster: 'x' })[0]).toContain('no cluster "x"');
  });

  it('is replaced with everything only when the cluster is another one', () => {
    const replaced = (olds: PropertyMap, news: PropertyMap): string[] =>
      changedConfig(olds, news, {})
        .filter(({ isReplacement }) => isReplacement)
        .map(({ path }) => path);
    const [one, other] = [kubeconfig('https://a'), kubeconfig('https://b')];
    expect(replaced({ kubeconfig: one }, { kubeconfig: kubeconfig('https://a', 'new') })).toEqual([]);
    expect(replaced({ kubeconfig: one }, { kubeconfig: other })).toEqual(['kubeconfig']);
    expect(replaced({ kubeconfig: one }, { kubeconfig: one, namespace: 'n' })).toEqual([]);
    const named = { clusterIdentifier: 'x' };
    expect(replaced({ kubeconfig: one, ...named }, { kubeconfig: other, ...named })).toEqual([]);
    expect(replaced({ kubeconfig: one, ...named }, { kubeconfig: one, clusterIdentifier: 'y' })).toEqual([
      'clusterIdentifier',
    ]);
    expect(replaced({ kubeconfig: one }, { kubeconfig: UNKNOWN })).toEqual(['kubeconfig']);
  });
});

describe('the state', () => {
  it("is the genuine plugin's: either goes on with the other's", () => {
    const live = object('Pod', {
      metadata: { name: 'x', managedFields: [{ manager: 'm', operation: 'Apply' }] },
    });
    const written = stateOf({ inputs: { kind: 'Pod' }, live, manager: 'm', initialApiVersion: 'v1' });
    expect(written).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      __inputs: { kind: 'Pod' },
      __initialApiVersion: 'v1',
      __fieldManager: 'm',
      __warren: 1,
    });
    const genuine = { ...written, __warren: undefined, __fieldManager: 'pulumi-kubernetes-0a1b2c3d' };
    expect(readState(URN, genuine)).toMatchObject({
      inputs: { kind: 'Pod' },
      manager: 'pulumi-kubernetes-0a1b2c3d',
    });
  });

  it('is refused where it can not be read', () => {
    expect(() => readState(URN, { ...object('Pod', {}), __warren: 2 })).toThrow(/a newer Warren wrote it/);
    expect(() => readState(URN, { inputs: {}, live: {} })).toThrow(/older than 1\.0/);
    expect(() => readState(URN, { name: 'release', chart: 'x' })).toThrow(/holds no Kubernetes object/);
  });

  it('has a field manager that the next run knows again', () => {
    expect(ownManager(URN, {})).toBe(ownManager(URN, {}));
    expect(ownManager(URN, {})).toMatch(/^pulumi-kubernetes-[0-9a-f]{8}$/);
    expect(ownManager(`${URN}2`, {})).not.toBe(ownManager(URN, {}));
    const metadata = { annotations: { 'pulumi.com/patchFieldManager': 'own' } };
    expect(ownManager(URN, { metadata })).toBe('own');
  });
});

it('reads who owns a field from the API server', () => {
  const causes = [
    { message: 'conflict with "kubectl" with subresource "scale" using apps/v1', field: '.spec.replicas' },
    { message: 'conflicts with "hpa" using apps/v1:', field: '.spec.paused' },
  ];
  expect(ownersIn(new ClusterError({ kind: 'conflict', message: 'm', causes }))).toEqual([
    { manager: 'kubectl', field: '.spec.replicas' },
    { manager: 'hpa', field: '.spec.paused' },
  ]);
});
