/** `pulumi up` on a real cluster through the offline kubernetes plugin: everything that happens to a stack's objects. */
import * as crypto from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clusterAddress } from '../../kubernetesApi/kubeconfig';
import { find, list, type KubernetesObject } from '../../kubernetesApi/objects';
import { openCluster, type Cluster } from '../../kubernetesApi/transport';
import { PulumiWorkspace, missingEngine, type PulumiRun } from '../rigs/pulumi';
import { smallProject, type SmallProject } from '../rigs/project';
import { kubernetes, titled } from './scratch';

const isMissing = (missingEngine() ?? inject('missingKubernetesReason')) !== '';

/** What the tests vary is in SETTINGS. Nothing waits for the namespace but by its name. */
const PROGRAM = `
const k8s = require('@pulumi/kubernetes');
const pulumi = require('@pulumi/pulumi');
const { KUBECONFIG: kubeconfig, CONTEXT: context, SPACE: namespace, IMAGE: image, CLASS } = process.env;
const settings = { replicas: 1, word: 'hush word', color: 'red', app: 'web', image, force: 'false', size: 1,
  ...JSON.parse(process.env.SETTINGS ?? '{}') };
const provider = new k8s.Provider('cluster', { kubeconfig, context, namespace, enableSecretMutable: true });
const options = { provider };
new k8s.core.v1.Namespace('space', { metadata: { name: namespace } }, options);
const secret = new k8s.core.v1.Secret('secret', {
  metadata: { name: 'secret' }, stringData: { word: settings.word, ...settings.further } }, options);
const config = new k8s.core.v1.ConfigMap('config', { data: { color: settings.color } }, options);
const container = (words, env) => ({ name: 'main', image: settings.image, imagePullPolicy: 'IfNotPresent', env,
  command: ['sh', '-c', words + '; trap exit TERM; while true; do sleep 0.1; done'] });
const pod = (app, ...containers) => ({ metadata: { labels: { app } }, spec: { terminationGracePeriodSeconds: 1, containers } });
const web = new k8s.apps.v1.Deployment('web', {
  metadata: { name: 'web', annotations: { 'pulumi.com/patchForce': settings.force } },
  spec: {
    replicas: settings.replicas, selector: { matchLabels: { app: settings.app } },
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: pod(settings.app, container('true', [
      { name: 'WORD', valueFrom: { secretKeyRef: { name: secret.metadata.name, key: 'word' } } },
      { name: 'COLOR', valueFrom: { configMapKeyRef: { name: config.metadata.name, key: 'color' } } },
      { name: 'LIMIT', value: String(settings.size) },
    ])),
  },
}, { ...options, customTimeouts: { create: '2m', update: settings.patience ?? '2m' } });
const service = new k8s.core.v1.Service('service', {
  metadata: { name: 'web' }, spec: { selector: { app: settings.app }, ports: [{ port: 80 }] } }, options);
new k8s.core.v1.Service('members', {
  metadata: { name: 'members' }, spec: { clusterIP: 'None', selector: { app: 'store' }, ports: [{ port: 80 }] } }, options);
new k8s.apps.v1.StatefulSet('store', {
  metadata: { name: 'store' },
  spec: {
    serviceName: 'members', replicas: 1, selector: { matchLabels: { app: 'store' } },
    template: { ...pod('store'), spec: { ...pod('store').spec, containers: [
      { ...container('true'), volumeMounts: [{ name: 'data', mountPath: '/data' }] } ] } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' },
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {
      accessModes: ['ReadWriteOnce'], storageClassName: CLASS || undefined, resources: { requests: { storage: '1Mi' } } } }],
  },
}, options);
new k8s.batch.v1.Job('job', { metadata: { name: 'job' }, spec: { template: { spec: {
  restartPolicy: 'Never', containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['true'] }] } } } }, options);
const group = namespace + '.warren.test';
const schema = { type: 'object', properties: {
  spec: { type: 'object', properties: { size: { type: 'integer' } } },
  free: { type: 'object', x_kubernetes_preserve_unknown_fields: true } } };
const definition = new k8s.apiextensions.v1.CustomResourceDefinition('definition', {
  metadata: { name: 'things.' + group },
  spec: { group, scope: 'Namespaced', names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }] } }, options);
const thing = new k8s.apiextensions.CustomResource('thing', {
  apiVersion: group + '/v1', kind: 'Thing',
  metadata: { name: 'thing', annotations: { 'pulumi.com/waitFor': 'jsonpath={.spec.size}=' + settings.size } },
  spec: { size: settings.size } }, { ...options, dependsOn: definition });
new k8s.yaml.ConfigGroup('extra', { yaml: ['apiVersion: v1\\nkind: ConfigMap\\nmetadata: { name: extra }\\n'] }, options);
new k8s.core.v1.ConfigMap('plain', { metadata: { name: 'plain', namespace }, data: { a: 'b' } });
exports.address = service.spec.clusterIP.apply((address) => address.split('.').join('.'));
exports.word = secret.data.apply((data) => data.word);
exports.config = config.metadata.name;
exports.uid = web.metadata.uid;
`;

/** Resources of the program, and the stack with its provider. */
const RESOURCES = 15;

describe.skipIf(isMissing)(titled('pulumi up with the offline kubernetes plugin'), () => {
  const namespace = `warren-plugin-${crypto.randomBytes(3).toString('hex')}`;
  let project: SmallProject;
  let stack: PulumiWorkspace;
  let cluster: Cluster;

  beforeAll(async () => {
    const { kubeconfig, context } = kubernetes();
    cluster = openCluster(() => clusterAddress({ kubeconfig, context }, {}));
    project = smallProject(PROGRAM);
    project.usePlugins(['kubernetes']);
    stack = new PulumiWorkspace({
      projectFolder: project.folder,
      stack: 'test',
      env: environment(),
    });
    await stack.init();
  });

  afterAll(async () => {
    await remove(`/api/v1/namespaces/${namespace}`);
    await remove(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${namespace}.warren.test`);
    stack.dispose();
    project.dispose();
  });

  function environment(): NodeJS.ProcessEnv {
    const { kubeconfig, context, images, storageClass } = kubernetes();
    return {
      KUBECONFIG: kubeconfig,
      CONTEXT: context,
      SPACE: namespace,
      IMAGE: images.busybox,
      CLASS: storageClass,
    };
  }

  async function remove(path: string): Promise<void> {
    await cluster.ask({ method: 'DELETE', path, action: 'clean up' }).catch(() => undefined);
  }

  function up(settings: object = {}, ...args: readonly string[]): Promise<PulumiRun> {
    const env = { SETTINGS: JSON.stringify(settings) };
    return stack.run(['up', '--yes', '--skip-preview', ...args], env);
  }

  async function mustUp(settings: object = {}): Promise<string> {
    const run = await up(settings);
    expect(run.exitCode, run.output).toBe(0);
    return run.output;
  }

  const DEPLOYMENT = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    plural: 'deployments',
    isNamespaced: true,
  };
  const SECRET = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', isNamespaced: true };

  async function replicas(): Promise<number> {
    const found = await find(cluster, { kind: DEPLOYMENT, namespace, name: 'web' });
    return (found as unknown as { readonly spec: { readonly replicas: number } }).spec.replicas;
  }

  /** As somebody else, by another program. */
  function patch(name: string, manager: string, body: object): Promise<unknown> {
    const isApplied = !manager.startsWith('kubectl');
    return cluster.ask({
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
      query: { fieldManager: manager, ...(isApplied ? { force: true } : {}) },
      contentType: isApplied ? 'application/apply-patch+yaml' : 'application/merge-patch+json',
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, ...body },
      action: 'change it',
    });
  }

  it('makes everything in the order that it needs, also when killed in between, and changes nothing after', async () => {
    const preview = await stack.preview();
    expect(preview.exitCode, preview.output).toBe(0);
    const killed = stack.startUp();
    const objects = async (): Promise<number> =>
      (await list<KubernetesObject>(cluster, { kind: SECRET, namespace }, {})).length +
      (await list<KubernetesObject>(cluster, { kind: DEPLOYMENT, namespace }, {})).length;
    await expect.poll(objects, { interval: 20 }).toBeGreaterThan(1);
    killed.kill();
    await killed.ended;
    await stack.clearLock();
    await mustUp();
    const { address, word } = await stack.outputs();
    expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(word).toBe(Buffer.from('hush word').toString('base64'));
    expect(stack.stateText()).not.toContain('hush word');
    expect(stack.stateText()).not.toContain(Buffer.from('hush word').toString('base64'));
    expect(await mustUp()).toMatch(new RegExp(` ${RESOURCES} unchanged`));
  });

  it('changes in place what can be, and replaces the rest', async () => {
    const before = await stack.outputs();
    const changed = await mustUp({ word: 'other word', further: { more: 'words' }, replicas: 2, size: 2 });
    expect(changed).toMatch(/~ 3 updated/);
    expect(changed).toContain(` ${RESOURCES - 3} unchanged`);
    expect((await stack.outputs()).uid).toBe(before.uid);
    const replaced = await mustUp({ word: 'other word', app: 'shop', color: 'green' });
    expect(replaced).toMatch(/\+-2 replaced/);
    const after = await stack.outputs();
    expect(after.uid).not.toBe(before.uid);
    expect(after.config).not.toBe(before.config);
    const secret = await find(cluster, { kind: SECRET, namespace, name: 'secret' });
    expect(Object.keys(secret?.data as object)).toEqual(['word']);
    await mustUp();
  });

  it('puts right what was changed or deleted by hand, before and after a refresh', async () => {
    await patch('web', 'kubectl-edit', { spec: { replicas: 3 } });
    const put = await mustUp();
    expect(put).toContain('Changed on the cluster since: spec.replicas is 3.');
    expect(put).toContain('Changed by hand, and put right by this: spec.replicas (by "kubectl-edit")');
    expect(await replicas()).toBe(1);
    await patch('web', 'kubectl-edit', { spec: { replicas: 2 } });
    await remove(`/api/v1/namespaces/${namespace}/services/members`);
    const refreshed = await stack.refresh();
    expect(refreshed.output).toMatch(/- 1 deleted/);
    expect(refreshed.output).toMatch(/~ \d+ updated/);
    const again = await mustUp();
    expect(again).toMatch(/\+ 1 created/);
    expect(await replicas()).toBe(1);
    await remove(`/api/v1/namespaces/${namespace}/services/members`);
    expect(await mustUp()).toContain('It is gone from the cluster, and is made anew.');
    expect(await mustUp()).toMatch(new RegExp(` ${RESOURCES} unchanged`));
  });

  it('leaves to others what is theirs, and says whose it is', async () => {
    await patch('web', 'autoscaler', { spec: { replicas: 2 } });
    const refused = await up({});
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain('spec.replicas (by "autoscaler")');
    expect(refused.output).toContain('pulumi.com/patchForce: "true"');
    expect(await replicas()).toBe(2);
    await mustUp({ force: 'true' });
    expect(await replicas()).toBe(1);
  });

  it('says why a Deployment does not come up, keeps it, and goes on with the next run', async () => {
    const image = 'localhost/not-there:1';
    const failed = await up({ image, patience: '15s' }, '--target', '**web');
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toMatch(
      /container "main": (ErrImagePull|ImagePullBackOff|ErrImageNeverPull|CreateContainerError)/,
    );
    expect(failed.output).toContain('is not ready after 15 s');
    expect(await mustUp()).toMatch(/~ 1 updated/);
  });

  it('refuses what is there and not its own, and what the API server does not know', async () => {
    const other = new PulumiWorkspace({
      projectFolder: project.folder,
      stack: 'other',
      env: environment(),
    });
    try {
      await other.init();
      const taken = await other.run(['up', '--yes', '--skip-preview', '--target', '**space']);
      expect(taken.output).toContain(`Cannot create the Namespace "${namespace}": it is there already`);
    } finally {
      other.dispose();
    }
    const wrong = await up({ image: { a: 1 } }, '--target', '**web');
    expect(wrong.output).toMatch(/spec\.template\.spec\.containers.*image/);
  });

  it('destroys all of it', async () => {
    const destroyed = await stack.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', isNamespaced: false };
    expect(await find(cluster, { kind: NAMESPACE, namespace: undefined, name: namespace })).toBeUndefined();
  });
});
