import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import type { BrokerObject, PermissionsObject, Target } from '../../topology/index';

const FOLDER = join(__dirname, '../../topology/examples');
const TARGETS: readonly Target[] = ['3.10', '4.0', '4.3'];
const VHOSTS: Readonly<Record<string, string>> = {
  'celery-django': 'celery',
  notifications: 'notifications',
  'ffmpeg-jobs': 'ffmpeg',
  'erp-long-polling': 'erp',
  'speech-to-text': 'stt',
};

function example(name: string, target: Target): ReturnType<typeof load> {
  const file = `${name}.yaml`;
  return load(readFileSync(join(FOLDER, file), 'utf8'), file, { target });
}

function permissionsOf(objects: readonly BrokerObject[] | undefined, user: string): PermissionsObject {
  const found = objects?.find(
    (object): object is PermissionsObject => object.kind === 'permissions' && object.user === user,
  );
  if (found === undefined) throw new Error(`no permissions of ${user}`);
  return found;
}

describe('examples', () => {
  it('are the five systems', () => {
    expect(
      readdirSync(FOLDER)
        .filter((file) => file.endsWith('.yaml'))
        .map((file) => basename(file, '.yaml'))
        .sort(),
    ).toEqual(Object.keys(VHOSTS).sort());
  });

  describe.each(Object.keys(VHOSTS))('%s', (name) => {
    it.each(TARGETS)('is clean on %s', (target) => {
      const { objects, diagnostics } = example(name, target);
      expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
      expect(objects).toContainEqual(expect.objectContaining({ kind: 'vhost', name: VHOSTS[name] }));
      const users = objects?.filter(({ kind }) => kind === 'user');
      expect(users).not.toContainEqual(expect.objectContaining({ name: 'guest' }));
    });
  });

  it.each(Object.keys(VHOSTS))('%s is less YAML than its definitions.json', (name) => {
    const yaml = readFileSync(join(FOLDER, `${name}.yaml`), 'utf8');
    const said = yaml.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
    const { objects = [] } = example(name, '4.3');
    const users = objects.filter((object) => object.kind === 'user');
    const hashes = new Map(
      users.map((user) => [user.name, { hash: 'x'.repeat(48), algorithm: 'rabbit_password_hashing_sha256' }]),
    );
    const definitions = renderDefinitions(objects, hashes);
    expect(said.join('\n').length).toBeLessThan(JSON.stringify(definitions).length);
    expect(said.length).toBeLessThan(JSON.stringify(definitions, null, 2).split('\n').length);
  });

  it('Celery may do what Celery does, and no more', () => {
    const { configure, write, read } = permissionsOf(example('celery-django', '4.3').objects, 'celery');
    const uuid = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
    const own = [
      'default',
      'player_sync',
      'celery.pidbox',
      'celery@worker-1.celery.pidbox',
      'reply.celery.pidbox',
      `${uuid}.reply.celery.pidbox`,
      'celeryev',
      `celeryev.${uuid}`,
      uuid,
    ];
    const others = [
      'billing',
      'player_sync2',
      'my_default',
      'celerys',
      'amq.topic',
      'celeryev.x',
      'CELERYEV',
    ];
    for (const pattern of [configure, read]) {
      const regex = new RegExp(pattern);
      expect([...own, ...others].filter((name) => regex.test(name))).toEqual(own);
    }
    // Results come into the queues of their senders through the default exchange.
    const writable = [...own.filter((name) => name !== uuid), 'amq.default'];
    const candidates = [...own, ...others, 'amq.default'];
    expect(candidates.filter((name) => new RegExp(write).test(name))).toEqual(writable);
    expect([configure, read].filter((pattern) => new RegExp(pattern).test('amq.default'))).toEqual([]);
  });

  it('the ERP application may declare exactly its families', () => {
    const { configure } = permissionsOf(example('erp-long-polling', '4.3').objects, 'erp');
    const names = [
      'event_queue:user:1',
      'event_queue:college:7',
      'online_status:user:1',
      'event_queue:user:',
      'online_status:college:1',
      'x',
    ];
    expect(names.filter((name) => new RegExp(configure).test(name))).toEqual(names.slice(0, 3));
  });
});
