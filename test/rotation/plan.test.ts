import fc from 'fast-check';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { refuseGivenPasswords } from '../../cli/rotation/names';
import { newestOf, olderOf, planRotation, withNext, type UserGenerations } from '../../cli/rotation/plan';
import { removeSetting, writeGenerations, writeSetting } from '../../cli/rotation/settingsFile';

interface World {
  wanted: Map<string, readonly number[]>;
  made: Map<string, readonly number[]>;
}

const USERS = ['admin', 'celery', 'mailer'];

function usersOf({ wanted, made }: World): UserGenerations[] {
  return USERS.map((user) => ({ user, wanted: wanted.get(user) ?? [1], made: made.get(user) ?? [] }));
}

/** What `warren rotate` does, ended before its step number `ending`; false where it came to its end. */
function rotate(world: World, asked: readonly string[], ending: number): boolean {
  let step = 0;
  const isEnded = (): boolean => step++ >= ending;
  // What each client's login is: the newest that an `up` has made.
  const up = (): void => {
    for (const user of USERS) world.made.set(user, world.wanted.get(user) ?? [1]);
  };
  const plan = planRotation(usersOf(world), asked);
  const users = plan.isNew ? plan.users.map((one) => ({ ...one, wanted: withNext(one) })) : plan.users;
  if (isEnded()) return true;
  for (const { user, wanted } of users) world.wanted.set(user, wanted);
  if (isEnded()) return true;
  up();
  if (isEnded()) return true;
  for (const { user, wanted } of users) world.wanted.set(user, [newestOf(wanted)]);
  if (isEnded()) return true;
  up();
  return false;
}

describe('a plan', () => {
  it('goes on with what was begun, wherever it was ended, and begins nothing twice', () => {
    const asked = fc.subarray(USERS, { minLength: 1 });
    const endings = fc.array(fc.nat(4), { maxLength: 6 });
    fc.assert(
      fc.property(asked, endings, (who, ends) => {
        const world: World = { wanted: new Map(), made: new Map(USERS.map((user) => [user, [1]])) };
        for (const ending of [...ends, Infinity]) {
          const before = usersOf(world);
          rotate(world, who, ending);
          for (const { user, wanted } of usersOf(world)) {
            const was = before.find((one) => one.user === user);
            // At most one login beside the one that clients have; and that one stays until another was made.
            expect(wanted.length).toBeLessThanOrEqual(2);
            expect(newestOf(wanted) - newestOf(was?.wanted ?? [])).toBeLessThanOrEqual(1);
          }
        }
        for (const { user, wanted, made } of usersOf(world)) {
          expect(wanted).toHaveLength(1);
          expect(made).toEqual(wanted);
          if (!who.includes(user)) expect(wanted).toEqual([1]);
        }
      }),
    );
  });

  it('leaves others alone while a rotation is under way', () => {
    const all = [
      { user: 'celery', wanted: [2, 3], made: [2] },
      { user: 'mailer', wanted: [1], made: [1] },
    ];
    expect(planRotation(all, ['celery', 'mailer'])).toEqual({
      isNew: false,
      users: [all[0]],
      waiting: ['mailer'],
    });
    expect(planRotation(all, ['mailer'])).toMatchObject({ isNew: true, waiting: [] });
  });

  it('knows what the state still has, where the settings have forgotten it', () => {
    const one = { user: 'celery', wanted: [4], made: [3, 4] };
    expect(planRotation([one], ['celery']).isNew).toBe(false);
    expect(olderOf(one)).toEqual([3]);
  });
});

describe('settings', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-settings-'));
  const file = path.join(folder, 'Pulumi.test.yaml');
  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const write = (text: string): void => {
    fs.writeFileSync(file, text);
  };
  const read = (): string => fs.readFileSync(file, 'utf8');

  it('keep comments, secrets and order', () => {
    write('# mine\nconfig:\n  warren:seed:\n    secure: v1:abc:def==\n  warren:topology: shop.yaml # here\n');
    writeGenerations(file, { 'a:b': [1, 2], celery: [3] });
    expect(read()).toBe(
      '# mine\nconfig:\n  warren:seed:\n    secure: v1:abc:def==\n  warren:topology: shop.yaml # here\n' +
        '  warren:generations:\n    a:b: [ 1, 2 ]\n    celery: [ 3 ]\n',
    );
    writeGenerations(file, { celery: [3, 4] });
    expect(parse(read())).toMatchObject({
      config: { 'warren:generations': { 'a:b': [1, 2], celery: [3, 4] } },
    });
  });

  it('take a key without its namespace for the same', () => {
    write('config:\n  generations: {celery: [1]}\n');
    writeGenerations(file, { celery: [1, 2] });
    expect(parse(read())).toEqual({ config: { generations: { celery: [1, 2] } } });
  });

  it('get and lose a deadline', () => {
    write('config:\n  warren:handOver:\n    partner: {file: a.env, within: 1d}\n');
    writeSetting(file, ['handOver', 'partner', 'until'], '2030-01-01T00:00:00.000Z');
    expect(read()).toContain('until: 2030-01-01T00:00:00.000Z');
    removeSetting(file, ['handOver', 'partner', 'until']);
    expect(parse(read())).toEqual({
      config: { 'warren:handOver': { partner: { file: 'a.env', within: '1d' } } },
    });
  });

  it.each([
    ['config: [\n', /are no YAML/],
    ['', undefined],
  ])('are left as they are where they can’t be read: %j', (text, message) => {
    write(text);
    if (message === undefined) writeGenerations(file, { celery: [2] });
    else
      expect(() => {
        writeGenerations(file, { celery: [2] });
      }).toThrow(message);
    expect(read()).toContain(message === undefined ? 'celery: [ 2 ]' : text);
    expect(fs.readdirSync(folder)).toEqual(['Pulumi.test.yaml']);
  });
});

it('a given password needs another one for the next generation', () => {
  const users = [{ user: 'partner', wanted: [1, 2], made: [1] }];
  const rotate = (config: object): void => {
    refuseGivenPasswords({ stack: 's', config: config as Record<string, unknown> }, users);
  };
  expect(() => {
    rotate({ passwords: { partner: 'x' } });
  }).toThrow(/passwords\["partner-g2"\]/);
  expect(() => {
    rotate({ passwordSources: { partner: { environment: 'X' } } });
  }).toThrow(/is given, not derived/);
  rotate({ passwords: { partner: 'x', 'partner-g2': 'y' } });
  rotate({ passwords: { other: 'x' } });
});
