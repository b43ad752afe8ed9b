/** The example environments: overlays over the systems, and all systems as one topology. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTopologyFile } from '../../cli/topologyFile';
import type { BrokerObject, Target } from '../../topology/index';

const EXAMPLES = join(__dirname, '../../topology/examples');
const ENVIRONMENTS = join(EXAMPLES, 'environments');
const TARGETS: readonly Target[] = ['3.10', '4.0', '4.3'];

function objectsOf(file: string, target: Target): readonly BrokerObject[] {
  const { objects, diagnostics } = loadTopologyFile(file, { target });
  expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
  return objects ?? [];
}

function withoutPositions(objects: readonly BrokerObject[]): unknown[] {
  return objects.map((object) => ({ ...object, position: undefined }));
}

describe.each(readdirSync(ENVIRONMENTS))('%s', (file) => {
  it.each(TARGETS)('is clean on %s', (target) => {
    expect(objectsOf(join(ENVIRONMENTS, file), target).length).toBeGreaterThan(5);
  });
});

it('an overlay changes what it says, and nothing else', () => {
  const [base, production] = [
    objectsOf(join(EXAMPLES, 'celery-django.yaml'), '4.3'),
    objectsOf(join(ENVIRONMENTS, 'celery-django.production.yaml'), '4.3'),
  ].map(withoutPositions);
  const isIn = (list: unknown[] | undefined, object: unknown): boolean =>
    list?.some((each) => JSON.stringify(each) === JSON.stringify(object)) ?? false;
  const changed = production?.filter((object) => !isIn(base, object));
  expect(changed).toContainEqual(
    expect.objectContaining({ kind: 'vhostLimits', vhost: 'celery', maxConnections: 5000 }),
  );
  expect(changed).toContainEqual(expect.objectContaining({ kind: 'user', name: 'grafana' }));
  const kinds = new Set((changed as BrokerObject[]).map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(['permissions', 'policy', 'user', 'userLimits', 'vhostLimits']);
});

it('the topology of all systems has what each of them has', () => {
  const all = withoutPositions(objectsOf(join(ENVIRONMENTS, 'one-broker.yaml'), '4.3'));
  const systems = readdirSync(EXAMPLES).filter((file) => file.endsWith('.yaml'));
  const each = systems.flatMap((file) => withoutPositions(objectsOf(join(EXAMPLES, file), '4.3')));
  expect(each.length).toBeGreaterThan(30);
  expect(new Set(all.map((object) => JSON.stringify(object)))).toEqual(
    new Set(each.map((object) => JSON.stringify(object))),
  );
});
