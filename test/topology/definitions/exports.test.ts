/**
 * Definitions in the shapes that RabbitMQ 3.8 to 4.3 export, one of the kind of each system among them, and the topology
 * that is made of each. `WARREN_WRITE_EXPORTS=1` writes the topologies anew, to be read in the diff.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { readDefinitions } from '../../../topology/definitions/index';
import { importTopology } from '../../../topology/import/index';
import type { ImportResult } from '../../../topology/import/index';
import { notesOf } from '../../../topology/import/held';
import { load } from '../../../topology/index';
import type { Diagnostic, Target } from '../../../topology/index';
import { seriesOf } from '../../../topology/target';

const FOLDER = join(__dirname, 'exports');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

function imported(
  file: string,
  target?: Target,
): ImportResult & { readonly diagnostics: readonly Diagnostic[] } {
  const { objects, diagnostics, version } = readDefinitions(readFileSync(join(FOLDER, file), 'utf8'), file);
  if (objects === undefined) throw new Error(`${file} is not read`);
  const series = target ?? seriesOf(version) ?? '4.3';
  const result = importTopology(objects, {
    source: file,
    target: series,
    notes: notesOf(diagnostics, objects),
  });
  return { ...result, diagnostics };
}

function findings(text: string): readonly string[] {
  const { diagnostics } = load(text, 'imported.yaml');
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

it('there are at least ten, from 3.8 to 4.3', () => {
  expect(files.length).toBeGreaterThanOrEqual(10);
  for (const series of ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '4.0', '4.1', '4.2', '4.3'])
    expect(files.some((file) => file.startsWith(`${series}-`))).toBe(true);
});

describe.each(files)('%s', (file) => {
  const { text, report, diagnostics } = imported(file);

  it('is the topology beside it, which compiles to the same objects', async () => {
    const beside = join(FOLDER, file.replace(/json$/, 'yaml'));
    if (process.env.WARREN_WRITE_EXPORTS === '1') writeFileSync(beside, text);
    expect(text).toBe(readFileSync(beside, 'utf8'));
    expect(report.differences).toEqual([]);
    expect(findings(text)).toEqual([]);
    const config = await resolveConfig(beside);
    expect(await format(text, { ...config, parser: 'yaml' })).toBe(text);
  });

  it('gives away no password', () => {
    const source = readFileSync(join(FOLDER, file), 'utf8');
    const secrets = [
      ...[...source.matchAll(/"password_hash": "([^"]+)"/g)].map(([, hash]) => hash ?? ''),
      ...(source.match(/[\w-]*s3cr3t[\w-]*/g) ?? []),
    ];
    for (const secret of secrets) expect(text + JSON.stringify([report, diagnostics])).not.toContain(secret);
  });

  it('is the same every time', () => {
    expect(imported(file).text).toBe(text);
  });
});

describe('mirrored queues, for a target without mirrors', () => {
  it.each(['4.0', '4.3'] as const)('become quorum queues on %s, or say what is in the way', (target) => {
    for (const file of ['3.10-erp-mirrored.json', '3.12-speech-to-text.json']) {
      const { text, report } = imported(file, target);
      expect(findings(text), text).toEqual([]);
      expect(report.differences).toEqual([]);
      expect(text).not.toContain('ha-mode');
      expect(
        load(text, 'imported.yaml').objects?.some((object) => JSON.stringify(object).includes('quorum')),
      ).toBe(true);
    }
  });

  it('each obstacle is said with its way out', () => {
    const said = (file: string, target: Target): string =>
      imported(file, target)
        .report.inTheWay.map(({ text }) => text)
        .join('\n');
    const erp = said('3.10-erp-mirrored.json', '4.3');
    for (const words of [
      "queue 'audit': Its applications must no longer declare it with x-queue-mode",
      "queue 'exports': It stays a classic queue, without copies on 4.x: its overflow is reject-publish-dlx",
      "queue 'exports': Its applications must declare it with x-queue-type: classic",
      "queue 'sessions': It stays a classic queue, without copies on 4.x: it is deleted with its last consumer",
      "queue 'urgent': Its applications must no longer declare it with x-max-priority",
      "'online_status:user:1028' and 50 more: It stays a classic queue, without copies on 4.x: it is not durable",
      'global QoS',
    ])
      expect(erp).toContain(words);
    expect(said('3.12-speech-to-text.json', '4.0')).toContain('quorum queues know from 4.3 on');
  });

  it('is said where mirrors were on some nodes only, or hid another policy', () => {
    const policy = { vhost: '/', pattern: '^q$', 'apply-to': 'queues', priority: 0 };
    const { objects = [] } = readDefinitions(
      JSON.stringify({
        vhosts: [{ name: '/' }],
        queues: [
          { vhost: '/', name: 'q', durable: true, auto_delete: false, arguments: { 'x-message-ttl': 5 } },
        ],
        policies: [
          {
            ...policy,
            name: 'two',
            priority: 1,
            definition: { 'ha-mode': 'exactly', 'ha-params': 2, 'queue-mode': 'lazy' },
          },
          { ...policy, name: 'hidden', definition: { 'max-length': 5 } },
        ],
      }),
      'd.json',
    );
    const { text, report } = importTopology(objects, { source: 'd.json', target: '4.3' });
    expect(report.differences).toEqual([]);
    const said = report.inTheWay.map((each) => each.text).join('\n');
    for (const words of ['ha-params 2', 'queue-mode lazy', 'the policy "hidden" counts for it now']) {
      expect(said.toLowerCase()).toContain(words.toLowerCase());
    }
    expect(text).toContain('declaredWith: { x-message-ttl: 5, x-queue-type: quorum }');
  });
});

it('a link that leads out of the broker would run on the old cluster and on the new one, and is said', () => {
  const link = (component: string, name: string, value: object): object => ({
    vhost: '/',
    component,
    name,
    value,
  });
  const said = (haMode: object): string => {
    const { objects = [] } = readDefinitions(
      JSON.stringify({
        vhosts: [{ name: '/' }, { name: 'mirrored' }],
        policies: [{ vhost: 'mirrored', name: 'all', pattern: '', 'apply-to': 'all', definition: haMode }],
        parameters: [
          link('shovel', 'away', { 'src-uri': ['amqp://', 'amqp://h'], 'dest-uri': 'amqp://' }),
          link('shovel', 'inside', { 'src-uri': 'amqp:///v', 'dest-uri': 'amqp://h' }),
          link('federation-upstream', 'up', { uri: 'amqps://u:p@h/v' }),
        ],
      }),
      'd.json',
    );
    const { report } = importTopology(objects, { source: 'd.json', target: '4.3' });
    return report.inTheWay.map(({ text }) => text).join('\n');
  };
  expect(said({ 'ha-mode': 'all' })).toMatch(
    /^shovel 'away': on a new cluster .*\nfederation upstream 'up': .*$/m,
  );
  expect(said({ 'ha-mode': 'all' })).not.toContain('inside');
  expect(said({ expires: 5 })).toBe('');
});

it('users of a stack get their names back, and only those', () => {
  const user = (name: string): object => ({ name, password_hash: '', tags: [] });
  const may = (name: string, read: string): object => ({
    user: name,
    vhost: '/',
    configure: '^$',
    write: '^$',
    read,
  });
  const { objects = [] } = readDefinitions(
    JSON.stringify({
      vhosts: [{ name: '/' }],
      users: ['shop-g1', 'shop-g12', 'both', 'both-g1', 'x-g0', 'warren-admin-g3'].map(user),
      permissions: [may('shop-g1', '^old$'), may('shop-g12', '^new$'), may('warren-admin-g3', '.*')],
    }),
    'd.json',
  );
  const { text, report } = importTopology(objects, { source: 'd.json' });
  const { topology } = load(text, 'imported.yaml');
  expect(topology?.users.map(({ name }) => name)).toEqual(['both', 'both-g1', 'shop', 'x-g0']);
  expect(topology?.users.find(({ name }) => name === 'shop')?.permissions).toMatchObject([{ read: '^new$' }]);
  expect(report.leftOut.map(({ object }) => object.kind)).toEqual(['user', 'permissions']);
  expect(text).toContain('"shop-g1" differs');
});
