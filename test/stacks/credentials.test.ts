import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokerUsername, derivePassword } from '../../stacks/credentials';
import { givenPassword, refuseAmbiguous } from '../../stacks/givenPasswords';

const seed = 'a seed for tests that is long enough to be one';
const scope = { project: 'warren', stack: 'dev', user: 'celery', generation: 1 };

describe('derived passwords', () => {
  it('never change: every stack in the world depends on it', () => {
    expect(derivePassword(seed, scope)).toBe('SM2SKp5eByX2xmVz5laTPC2Z4Jcg5MFx');
  });

  it('are 32 characters that need no escaping anywhere', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 1 }), (secret, user, generation) => {
        expect(derivePassword(secret, { ...scope, user, generation })).toMatch(/^[A-Za-z0-9_-]{32}$/);
      }),
    );
  });

  it('differ by seed, project, stack, user and generation', () => {
    const all = [
      derivePassword(seed, scope),
      derivePassword(`${seed}.`, scope),
      derivePassword(seed, { ...scope, project: 'other' }),
      derivePassword(seed, { ...scope, stack: 'prod' }),
      derivePassword(seed, { ...scope, user: 'celery2' }),
      derivePassword(seed, { ...scope, generation: 2 }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('can’t be moved from one field to another', () => {
    const one = derivePassword(seed, { ...scope, stack: 'a', user: 'b","c' });
    const other = derivePassword(seed, { ...scope, stack: 'a","b', user: 'c' });
    expect(one).not.toBe(other);
  });
});

it('a user’s name on the broker says its generation', () => {
  expect(brokerUsername('celery', 2)).toBe('celery-g2');
});

describe('given passwords', () => {
  it('are those of nobody else', () => {
    expect(givenPassword({ partner: 'x', 'partner-g2': 'y' }, 'partner', 'partner-g2')).toBe('y');
    expect(givenPassword({ partner: 'x', 'partner-g2': 'y' }, 'partner', 'partner-g3')).toBe('x');
    expect(givenPassword({}, 'constructor', 'constructor-g1')).toBeUndefined();
  });

  it('name one user', () => {
    const users = ['celery', 'celery-g2'];
    const refuse = (newest: number): void => {
      refuseAmbiguous({ 'celery-g2': 'x' }, users, (user) => (user === 'celery' ? [newest] : [1]));
    };
    refuse(1);
    expect(() => {
      refuse(2);
    }).toThrow(/a generation of celery\. Give that user's .*: celery-g2-g1\./);
  });
});
