/** What volumes a cluster on Kubernetes can't have of those that are there; that the way out leads on is for the tests there. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readInputs } from '../../provider/inputs';
import type { StepCall } from '../../provider/stepType';
import { volumeClaimsStep } from '../../provider/warren/steps/volumeClaims';

const SET = '/apis/apps/v1/namespaces/shop/statefulsets/rabbitmq-server';
const CLASS = '/apis/storage.k8s.io/v1/storageclasses/fast';
const claimPath = (index: number): string =>
  `/api/v1/namespaces/shop/persistentvolumeclaims/persistence-rabbitmq-server-${index}`;

let server: http.Server;
/** By path; a number is the status of a refusal. */
let objects: Record<string, object | number> = {};

beforeEach(async () => {
  server = http.createServer(({ url = '' }, response) => {
    const found = objects[url] ?? 404;
    response.statusCode = typeof found === 'number' ? found : 200;
    response.end(JSON.stringify(typeof found === 'number' ? { kind: 'Status', code: found } : found));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function claim(name: string, storage: string, storageClassName?: string): object {
  return { metadata: { name }, spec: { storageClassName, resources: { requests: { storage } } } };
}

/** A cluster of two nodes with volumes of 10Gi, which may grow. */
function cluster(template: string | undefined, ...claims: readonly string[]): void {
  const spec = { volumeClaimTemplates: [claim('persistence', template ?? '')] };
  objects = {
    ...(template === undefined ? {} : { [SET]: { metadata: { name: 'rabbitmq-server' }, spec } }),
    ...Object.fromEntries(
      claims.map((storage, index) => [
        claimPath(index),
        claim(`persistence-rabbitmq-server-${index}`, storage, 'fast'),
      ]),
    ),
    [CLASS]: { metadata: { name: 'fast' }, allowVolumeExpansion: true },
  };
}

interface Wanted {
  readonly storage: string;
  readonly storageClass?: string;
  readonly isOperators?: boolean;
}

function stepOf(wanted: Wanted) {
  const { port } = server.address() as AddressInfo;
  const kubeconfig = JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c' } }],
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
  });
  const where = { kubeconfig, namespace: 'shop', statefulSet: 'rabbitmq-server' };
  const step = { ...where, nodes: 2, template: 'persistence', isOperators: false, ...wanted };
  return volumeClaimsStep.parse(readInputs(step), undefined);
}

/** What an `up` and, where the stack has been there before, a preview of it say. */
async function refusalOf(wanted: Wanted, before?: Wanted): Promise<string | undefined> {
  const call = {} as StepCall;
  const said = (work: Promise<void> | undefined): Promise<string | undefined> =>
    (work ?? Promise.resolve()).then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
  const step = stepOf(wanted);
  const was = before === undefined ? undefined : stepOf(before);
  const refusal = await said(volumeClaimsStep.pass(call, step, was));
  if (was !== undefined) expect(await said(volumeClaimsStep.foresee?.(call, step, was))).toBe(refusal);
  return refusal;
}

describe('a StatefulSet of our own', () => {
  it('is not replaced for larger volumes: the way there is by hand', async () => {
    cluster('10Gi', '10Gi', '10Gi');
    const patch = (index: number): string =>
      `kubectl --namespace shop patch pvc persistence-rabbitmq-server-${index} --patch '{"spec":{"resources":{"requests":{"storage":"20Gi"}}}}'`;
    const orphan = 'kubectl --namespace shop delete statefulset rabbitmq-server --cascade=orphan';
    const first = await refusalOf({ storage: '20Gi' }, { storage: '10Gi' });
    expect(first).toMatch(/^kubernetes\.cluster\.storage is 20Gi, and rabbitmq-server was made with 10Gi\./);
    expect(first).toContain(`${patch(0)}; ${patch(1)}; ${orphan}. Then run this again`);
    expect(first).toMatch(/Or put 10Gi back\.$/);
    // Each part of the way is told for as long as it isn't gone.
    cluster('10Gi', '20Gi', '20Gi');
    expect(await refusalOf({ storage: '20Gi' })).toContain(`By hand no node is stopped: ${orphan}.`);
    cluster(undefined, '20Gi', '10Gi');
    expect(await refusalOf({ storage: '20Gi' })).toContain(`By hand no node is stopped: ${patch(1)}.`);
    cluster(undefined, '20Gi', '20Gi');
    expect(await refusalOf({ storage: '20Gi' }, { storage: '10Gi' })).toBeUndefined();
  });

  it('goes on with the smaller claims that it has taken up', async () => {
    cluster('20Gi', '10Gi', '10Gi');
    expect(await refusalOf({ storage: '20Gi' })).toBeUndefined();
    expect(await refusalOf({ storage: '20Gi' }, { storage: '20Gi' })).toBeUndefined();
  });

  it('is not replaced for the same volumes in other words', async () => {
    cluster('1Gi', '1Gi');
    expect(await refusalOf({ storage: '1Gi' }, { storage: '1024Mi' })).toContain('Or put 1024Mi back.');
    expect(await refusalOf({ storage: '1024Mi' }, { storage: '1024Mi' })).toBeUndefined();
    expect(await refusalOf({ storage: '1024Mi' })).toBeUndefined();
  });
});

describe.each([false, true])('whoever makes the StatefulSet (the operator: %s)', (isOperators) => {
  it('lets a cluster begin, and stay as it is', async () => {
    objects = {};
    expect(await refusalOf({ storage: '10Gi', storageClass: 'fast', isOperators })).toBeUndefined();
    cluster('10Gi', '10Gi', '10Gi');
    expect(await refusalOf({ storage: '10Gi', isOperators })).toBeUndefined();
  });

  it('refuses smaller volumes', async () => {
    cluster('10Gi', '10Gi', '10Gi');
    expect(await refusalOf({ storage: '5Gi', isOperators }, { storage: '10Gi', isOperators })).toMatch(
      /larger \(10Gi\): no volume shrinks\. Put 10Gi back/,
    );
  });

  it('refuses another class', async () => {
    cluster('10Gi', '10Gi', '10Gi');
    expect(await refusalOf({ storage: '10Gi', storageClass: 'slow', isOperators })).toMatch(
      isOperators
        ? /^kubernetes\.cluster\.storageClass is slow, .* of fast: a volume stays in its class/
        : /^kubernetes\.cluster\.storageClass is slow, .* of the cluster's own: a volume stays in its class/,
    );
    cluster(undefined, '10Gi', '10Gi');
    expect(await refusalOf({ storage: '10Gi', storageClass: 'slow', isOperators })).toMatch(/been of fast/);
  });

  it('refuses larger ones of a class that lets none grow: the operator would have begun', async () => {
    cluster('10Gi', '10Gi', '10Gi');
    for (const found of [{ metadata: { name: 'fast' } }, 404]) {
      objects[CLASS] = found;
      expect(await refusalOf({ storage: '20Gi', isOperators })).toMatch(
        /have 10Gi: the StorageClass fast .*grow.*\. Put 10Gi back; for other volumes, move to a stack beside/,
      );
    }
  });
});

it('lets an operator’s cluster say the class that its volumes have, and no longer say any', async () => {
  cluster('10Gi', '10Gi', '10Gi');
  const wanted = { storage: '10Gi', isOperators: true };
  expect(await refusalOf({ ...wanted, storageClass: 'fast' }, wanted)).toBeUndefined();
  expect(await refusalOf(wanted, { ...wanted, storageClass: 'fast' })).toBeUndefined();
});

it('leaves larger volumes to the operator, and to it what nobody else may see', async () => {
  cluster('10Gi', '10Gi', '10Gi');
  const wanted = { storage: '20Gi', isOperators: true };
  expect(await refusalOf(wanted, { ...wanted, storage: '10Gi' })).toBeUndefined();
  objects = { ...objects, [CLASS]: 403, [claimPath(0)]: 403, [claimPath(1)]: 403 };
  expect(await refusalOf(wanted)).toBeUndefined();
});

it('foresees nothing where the cluster can’t be asked, and an operation says so', async () => {
  objects = { [SET]: 403 };
  const step = stepOf({ storage: '20Gi' });
  await volumeClaimsStep.foresee?.({} as StepCall, step, step);
  await expect(volumeClaimsStep.pass({} as StepCall, step, step)).rejects.toThrow(/StatefulSet/);
});
