import fc from 'fast-check';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { refuseGivenPasswords } from '../../cli/rotation/names';
import {
  newestOf,
  olderOf,
  planRotation,
  planToFinish,
  withNext,
  type UserGenerations,
} from '../../cli/rotation/plan';
import { HandOvers } from '../../cli/rotation/handOvers';
import { removeSettings, writeGenerations, writeSetting } from '../../cli/rotation/settingsFile';

import { generationsOf } from '../../cli/stackBroker';
import { UserError } from '../../cli/userError';

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
  const users = plan.users.map((one) =>
    plan.begun.includes(one.user) ? { ...one, wanted: withNext(one) } : one,
  );
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
      begun: [],
      waiting: ['mailer'],
    });
    expect(planRotation(all, ['mailer'])).toMatchObject({ isNew: true, waiting: [] });
  });

  it('doesn’t wait for whom others have been given a login, and begins nothing where it shall only finish', () => {
    const all = [
      { user: 'partner', wanted: [1, 2], made: [1, 2] },
      { user: 'celery', wanted: [1], made: [1] },
    ];
    const asked = ['partner', 'celery'];
    const handedOver = planRotation(all, asked, (user) => user === 'partner');
    expect(handedOver).toMatchObject({ isNew: true, users: all, begun: ['celery'], waiting: [] });
    expect(planRotation(all, asked)).toMatchObject({ isNew: false, users: [all[0]], waiting: ['celery'] });
    // Its first `up` isn't through: nobody has got a login yet.
    const early = [{ user: 'partner', wanted: [1, 2], made: [1] }, ...all.slice(1)];
    expect(planRotation(early, asked, () => true)).toMatchObject({ isNew: false, waiting: ['celery'] });
    expect(planToFinish(all, asked)).toMatchObject({ isNew: false, users: [all[0]], begun: [] });
    expect(planToFinish(all, ['celery']).users).toEqual([]);
  });

  it('gives another login also after a rotation that was taken back by hand', () => {
    const one = { user: 'celery', wanted: [1], made: [1, 2] };
    expect(planRotation([one], ['celery'])).toMatchObject({ isNew: true, begun: ['celery'] });
    expect(withNext(one)).toEqual([1, 3]);
  });

  it.each([[[1, 1]], [[]], [[0]], ['12'], [5]])('refuses generations %j', (list) => {
    expect(() => generationsOf({ generations: { celery: list } }, 'celery')).toThrow(UserError);
  });

  it('takes generations as they are, and one where nothing is said', () => {
    expect(generationsOf({ generations: { celery: [3, 1] } }, 'celery')).toEqual([3, 1]);
    expect(generationsOf({ generations: {} }, 'constructor')).toEqual([1]);
    expect(() => generationsOf({ generations: '{"celery":[2]}' }, 'celery')).toThrow(UserError);
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
  const said = (user: string, ...generations: number[]): Map<string, number[]> =>
    new Map([[user, generations]]);

  it('keep comments, secrets and order', () => {
    write('# mine\nconfig:\n  warren:seed:\n    secure: v1:abc:def==\n  warren:topology: shop.yaml # here\n');
    writeGenerations(file, new Map([...said('a:b', 1, 2), ...said('celery', 3)]), new Map());
    expect(read()).toBe(
      '# mine\nconfig:\n  warren:seed:\n    secure: v1:abc:def==\n  warren:topology: shop.yaml # here\n' +
        '  warren:generations:\n    a:b: [ 1, 2 ]\n    celery: [ 3 ]\n',
    );
    writeGenerations(file, said('celery', 3, 4), said('celery', 3));
    expect(parse(read())).toMatchObject({
      config: { 'warren:generations': { 'a:b': [1, 2], celery: [3, 4] } },
    });
  });

  it('take a key without its namespace for the same', () => {
    write('config:\n  generations: {celery: [1]}\n');
    writeGenerations(file, said('celery', 1, 2), said('celery', 1));
    expect(parse(read())).toEqual({ config: { generations: { celery: [1, 2] } } });
  });

  it('are left alone where another rotation has written meanwhile', () => {
    const text = 'config:\n  warren:generations: {celery: [2]}\n  warren:handOver: {celery: {until: now}}\n';
    write(text);
    const removed = [['handOver', 'celery', 'until']] as const;
    expect(() => {
      writeGenerations(file, said('celery', 1, 2), said('celery', 1), removed);
    }).toThrow(/has changed meanwhile \(generations of celery: \[2\]\)/);
    expect(read()).toBe(text);
    writeGenerations(file, said('celery', 2, 3), said('celery', 2), removed);
    expect(parse(read())).toEqual({
      config: { 'warren:generations': { celery: [2, 3] }, 'warren:handOver': { celery: {} } },
    });
  });

  it.each(['config: {warren:generations: 5}\n', 'config: 5\n'])(
    'have one message where they are odd: %j',
    (text) => {
      write(text);
      expect(() => {
        writeGenerations(file, said('celery', 1, 2), said('celery', 1));
      }).toThrow(UserError);
      expect(read()).toBe(text);
    },
  );

  it('get and lose a deadline', () => {
    write('config:\n  warren:handOver:\n    partner: {file: a.env, within: 1d}\n');
    writeSetting(file, ['handOver', 'partner', 'until'], '2030-01-01T00:00:00.000Z');
    expect(read()).toContain('until: 2030-01-01T00:00:00.000Z');
    removeSettings(file, [['handOver', 'partner', 'until']]);
    expect(parse(read())).toEqual({
      config: { 'warren:handOver': { partner: { file: 'a.env', within: '1d' } } },
    });
  });

  it.each([
    ['config: [\n', /are no YAML/],
    ['', undefined],
  ])('are left as they are where they can’t be read: %j', (text, message) => {
    write(text);
    if (message === undefined) writeGenerations(file, said('celery', 2), said('celery', 1));
    else
      expect(() => {
        writeGenerations(file, said('celery', 2), said('celery', 1));
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
  expect(() => {
    rotate({ passwords: JSON.stringify({ partner: 'x' }) });
  }).toThrow(/is given, not derived/);
  const odd = [{ user: 'constructor', wanted: [1, 2], made: [1] }];
  refuseGivenPasswords({ stack: 's', config: {} }, odd);
});

describe('a hand-over', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-hand-over-'));
  const settingsFile = path.join(folder, 'Pulumi.test.yaml');
  const partner = { user: 'partner', wanted: [2, 3], made: [2, 3] };
  const outputs = {
    management: 'http://b',
    admin: { username: 'a', password: 'a' },
    users: { partner: { username: 'partner-g3', password: 'new', vhosts: ['shop'] } },
  };
  const handOversWith = (handOver: object): HandOvers => {
    fs.writeFileSync(settingsFile, stringify({ config: { 'warren:handOver': handOver } }));
    return new HandOvers({ config: { handOver }, settingsFile }, () => undefined);
  };
  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('isn’t taken for done because the last one has left its deadline', () => {
    const file = path.join(folder, 'left.env');
    const entry = { file, within: '1d', until: '2020-01-01T00:00:00.000Z' };
    const handOvers = handOversWith({ partner: entry });
    expect(handOvers.dropDeadlines([partner])).toEqual([['handOver', 'partner', 'until']]);
    handOvers.write([partner], outputs);
    expect(fs.readFileSync(file, 'utf8')).toContain('RABBITMQ_PASSWORD=new');
    expect(handOvers.isInTime('partner')).toBe(true);
  });

  it('says in an emergency that the old login is gone', () => {
    const file = path.join(folder, 'now.env');
    handOversWith({ partner: { file, within: '1d', until: '2030-01-01T00:00:00.000Z' } }).replace(
      [partner],
      outputs,
    );
    expect(fs.readFileSync(file, 'utf8')).toContain('# The old login is gone.');
    expect(fs.readFileSync(settingsFile, 'utf8')).not.toContain('until');
  });

  it.each([
    [{ partner: { file: os.tmpdir(), within: '1d' } }, /it is a folder/],
    [{ partner: { file: '/nowhere/partner.env', within: '1d' } }, /there is no folder/],
    [
      { partner: { file: '/tmp/same.env', within: '1d' }, other: { file: '/tmp/same.env', within: '1d' } },
      /other and partner name the same file/,
    ],
  ])('that can’t come true is refused before anything is done: %j', (handOver, message) => {
    const handOvers = handOversWith(handOver);
    expect(() => {
      handOvers.check([partner]);
    }).toThrow(message);
  });
});
