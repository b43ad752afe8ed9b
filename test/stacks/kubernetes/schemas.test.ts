import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../../tools/processes';
import { withClients } from '../../rigs/python';
import { temporaryFolder } from '../../tools/helpers';
import { EXAMPLES_ON_KUBERNETES, manifestsFor, topologyOf } from './examples';

const VERSIONS = ['1.29', '1.30', '1.31', '1.32', '1.33'];
/** Custom resources have no schema there: the tests on Kubernetes apply them. */
const OWN_GROUPS = /^(v1|apps|policy|autoscaling|networking\.k8s\.io)(\/|$)/;

/** What none of the examples has. */
const SCALED = manifestsFor(
  topologyOf(`
warren: 1
vhosts: { shop: { queues: { jobs: {} } } }
users: { worker: { roles: { shop: { consumer: [jobs] } } } }
workers: { jobs: { vhost: shop, user: worker, queues: [jobs], autoscale: { min: 1, max: 4, cooldown: 2h } } }
`),
  { cluster: {}, workers: { '*': { image: 'worker:1', hpa: { cpu: 70 } } } },
).objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');

const PROGRAM = `
import json, sys, kubernetes_validate
versions, objects = json.load(open(sys.argv[1]))
for version in versions:
    for name, one in objects:
        try:
            kubernetes_validate.validate(one, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            print(version, name, one["kind"], one["metadata"]["name"], error.message.splitlines()[0])
`;

withClients('ci-schemas', (python) => {
  const validate = async (objects: readonly (readonly [string, object])[]): Promise<string[]> => {
    const file = path.join(temporaryFolder(), 'objects.json');
    fs.writeFileSync(file, JSON.stringify([VERSIONS, objects]));
    const { stdout, output, exitCode } = await run(python, ['-c', PROGRAM, file], { timeoutMs: 120_000 });
    expect(exitCode, output).toBe(0);
    return stdout.split('\n').filter((line) => line !== '');
  };

  it(`every manifest is one by the strict schemas of Kubernetes ${VERSIONS[0] ?? ''} to ${VERSIONS.at(-1) ?? ''}`, async () => {
    // Others have nothing that these have not, and each takes the checker a while.
    const examples = EXAMPLES_ON_KUBERNETES.filter(({ name }) => /^(celery|erp)/.test(name));
    const objects = examples.flatMap(({ name, manifests }) =>
      manifests.objects
        .filter(({ apiVersion }) => OWN_GROUPS.test(apiVersion))
        .map((object) => [name, object] as const),
    );
    expect(objects.length).toBeGreaterThan(30);
    expect(SCALED).toHaveLength(1);
    const scaled = SCALED.map((object) => ['scaled', object] as const);
    expect(await validate([...objects, ...scaled])).toEqual([]);
  });

  it('what Kubernetes does not know is found', async () => {
    const [deployment] = EXAMPLES_ON_KUBERNETES.flatMap(({ manifests }) =>
      manifests.objects.filter(({ kind }) => kind === 'Deployment'),
    );
    const broken = { ...deployment, spec: { ...(deployment?.spec as object), replica: 1 } };
    expect(await validate([['broken', broken]])).toHaveLength(VERSIONS.length);
  });
});
