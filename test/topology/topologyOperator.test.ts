import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { load } from '../../topology/index';
import { renderTopologyOperator, topologyResources } from '../../topology/render/topologyOperator';

const EXAMPLES = path.resolve(__dirname, '../../topology/examples');
const files = fs.readdirSync(EXAMPLES).filter((file) => file.endsWith('.yaml'));
/** A part of another resource: limits are fields of their vhost and their user. */
const FIELDS = new Set(['vhostLimits', 'userLimits']);

describe.each(files)('custom resources of %s', (file) => {
  const { objects = [] } = load(fs.readFileSync(path.join(EXAMPLES, file), 'utf8'), file);
  const { resources, leftOut } = topologyResources(objects);

  it('are one for each object, but for what is named as left out', () => {
    const whole = objects.filter(({ kind }) => !FIELDS.has(kind));
    const isLeftOut = ({ kind }: { kind: string }): boolean =>
      kind === 'parameter' || kind === 'globalParameter';
    expect(resources.filter(({ kind }) => kind !== 'TopicPermission')).toHaveLength(
      whole.filter((object) => !isLeftOut(object) && object.kind !== 'topicPermissions').length,
    );
    expect(leftOut.length).toBeGreaterThanOrEqual(whole.filter(isLeftOut).length);
  });

  it('have names that Kubernetes takes, each once', () => {
    const names = resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { metadata } of resources) {
      expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
      expect(metadata.name.length).toBeLessThanOrEqual(63);
    }
  });

  it('are written as YAML that says the same', () => {
    const documents = parseAllDocuments(renderTopologyOperator(objects)).map((one) => one.toJS() as unknown);
    expect(documents.filter((one) => one !== null)).toEqual(JSON.parse(JSON.stringify(resources)));
  });
});

it('names of other letters, and names that differ in a sign only, are told apart', () => {
  const text = `warren: 1\nvhosts: { 'Größe/1': { queues: { 'a.b': {}, 'a-b': {}, 'ü': {} } } }`;
  const { objects = [] } = load(text, 'test.yaml');
  const queues = topologyResources(objects).resources.filter(({ kind }) => kind === 'Queue');
  expect(new Set(queues.map(({ metadata }) => metadata.name)).size).toBe(3);
  expect(queues.map(({ spec }) => spec.name).sort()).toEqual(['a-b', 'a.b', 'ü']);
});
