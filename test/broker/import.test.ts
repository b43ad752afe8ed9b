/** What a real broker has, imported and put onto an empty one, is what it had. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportDefinitions } from '../../broker/kinds/definitions';
import { readSnapshot } from '../../broker/snapshot';
import { readDefinitions } from '../../topology/definitions/index';
import { heldObjects } from '../../topology/import/held';
import { importTopology } from '../../topology/import/index';
import { differencesBetween } from '../../topology/import/meaning';
import { load, type BrokerObject } from '../../topology/index';
import { run } from '../../tools/processes';
import { withBroker } from '../rigs/brokers';
import { ROOT } from '../structure/sources';
import { wholeLanguage } from '../topology/wholeLanguage';
import { apply, passwordOf, removeAll } from './applied';
import { brokerOf, endpointOf, scratchOn, uniqueName } from './realBroker';

withBroker('an import', (rig) => {
  const broker = brokerOf(rig);
  const scratch = scratchOn(rig);
  const suffix = uniqueName('import');
  const { objects = [] } = load(
    wholeLanguage(rig.version, { run: suffix, amqpPort: rig.amqpPort }),
    'w.yaml',
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'warren-import-'));

  beforeAll(async () => {
    for (const object of objects) await apply(broker, object);
  });
  afterAll(async () => {
    await removeAll(broker, objects);
    rmSync(folder, { recursive: true });
  });

  /** Of all that the broker has, what this test has put there. */
  const own = (all: readonly BrokerObject[]): BrokerObject[] =>
    all.filter((object) => {
      // The rig's user may work in every vhost.
      if ('user' in object) return object.user.endsWith(suffix);
      return ('vhost' in object ? object.vhost : object.name).endsWith(suffix) && !isShovels(object);
    });

  const exported = async (): Promise<BrokerObject[]> => {
    const { objects: read, diagnostics } = readDefinitions(
      JSON.stringify(await exportDefinitions(broker)),
      'definitions.json',
    );
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    return own(read ?? []);
  };

  const compiled = (all: readonly BrokerObject[]): readonly BrokerObject[] => {
    const { text, report } = importTopology(all, { source: 'test', target: rig.version });
    expect(report.differences, text).toEqual([]);
    expect(text).not.toContain(passwordOf(`mover ${suffix}`));
    const { objects: again, diagnostics } = load(text, 'imported.yaml');
    expect(
      diagnostics.filter(({ severity }) => severity === 'error'),
      text,
    ).toEqual([]);
    return again ?? [];
  };

  it('of the living broker makes the same on an empty one', async () => {
    const before = await exported();
    const held = own(heldObjects((await readSnapshot(broker)).objects()).objects);
    const again = compiled(held);
    expect(differencesBetween(held, again)).toEqual([]);
    await removeAll(broker, objects);
    expect(own(heldObjects((await readSnapshot(broker)).objects()).objects)).toEqual([]);
    for (const object of again) await apply(broker, object);
    expect(differencesBetween(before, await exported())).toEqual([]);
    const now = own(heldObjects((await readSnapshot(broker)).objects()).objects);
    expect(differencesBetween(held, now)).toEqual([]);
  });

  it('of its definitions compiles to the same objects', async () => {
    const before = await exported();
    // RabbitMQ 4.3 leaves internal exchanges out, which others of the whole language need.
    if (rig.version === '4.3') {
      expect(before.some((object) => object.kind === 'exchange' && object.internal)).toBe(false);
      return;
    }
    expect(differencesBetween(before, compiled(before))).toEqual([]);
  });

  it('keeps any name, from one vhost to an empty one', async () => {
    const names = [
      ...[
        'a # b',
        'a: b',
        '*&!',
        '- a',
        'yes',
        'null',
        '007',
        '1e3',
        '<<',
        '😀',
        ' a ',
        '{a}',
        '\'"',
        '\\n',
        '\u2028',
        '\ufeff',
      ],
      ...['# warren-ignore bad-name: x', 'ü'.repeat(127), 'a'.repeat(255)],
    ];
    const vhost = await scratch.vhost();
    const common = { vhost, durable: true, autoDelete: false, arguments: {} } as const;
    for (const name of names) {
      await apply(broker, { kind: 'exchange', ...common, name, type: 'fanout', internal: false });
      await apply(broker, { kind: 'queue', ...common, name });
      await apply(broker, {
        ...{ kind: 'binding', vhost, source: name, destination: name, destinationType: 'queue' },
        ...{ routingKey: name, arguments: { 'x-name': name } },
      });
    }
    const read = async (): Promise<readonly BrokerObject[]> =>
      heldObjects((await readSnapshot(broker, { vhost })).objects()).objects.filter(
        (one) => !('user' in one),
      );
    const before = await read();
    const again = compiled(before);
    expect(again.filter(({ kind }) => kind === 'queue')).toHaveLength(names.length);
    await removeAll(broker, [{ kind: 'vhost', name: vhost }]);
    for (const object of again) await apply(broker, object);
    expect(differencesBetween(before, await read())).toEqual([]);
  });

  it('is a command, whose login stands in the environment', async () => {
    const vhost = await scratch.vhost();
    const queue = { kind: 'queue', vhost, durable: true, autoDelete: false } as const;
    await apply(broker, { ...queue, name: 'jobs: #1', arguments: { 'x-max-priority': 5 } });
    const output = path.join(folder, 'topology.yaml');
    const warren = (args: readonly string[], env: Readonly<Record<string, string>>) =>
      run(
        process.execPath,
        [path.join(ROOT, 'cli/warren.cjs'), 'import', `live:${endpointOf(rig)}`, ...args],
        { env },
      );
    const login = { RABBITMQ_USERNAME: rig.username, RABBITMQ_PASSWORD: rig.password };
    const written = await warren(['--vhost', vhost, '--output', output], login);
    expect(written.exitCode, written.output).toBe(0);
    const checked = await run(process.execPath, [path.join(ROOT, 'cli/warren.cjs'), 'check', output]);
    expect(checked.exitCode, checked.output).toBe(0);
    const onTop = await warren(['--vhost', vhost, '--output', output], login);
    expect(onTop.output).toContain('say --force');
    const nobody = await warren(['--vhost', vhost], { RABBITMQ_USERNAME: '', RABBITMQ_PASSWORD: '' });
    expect(nobody.output).toContain('RABBITMQ_USERNAME');
    expect([onTop.exitCode, nobody.exitCode]).toEqual([2, 2]);
  });
});

/** A shovel makes it when it starts. */
function isShovels(object: BrokerObject): boolean {
  const queue = object.kind === 'binding' ? object.destination : object.kind === 'queue' ? object.name : '';
  return queue.startsWith('amq.gen');
}
