/** Policies count by what they do to queues in the end, not by how they are written. */
import { describe, expect, it } from 'vitest';
import { changeIn, codesOf, diffOf } from './sides';

const QUEUES = 'queues: { a: , b: , c: , d: }';

function policiesDiff(base: string, head: string, queues = QUEUES): ReturnType<typeof diffOf> {
  return diffOf(`${queues}, policies: { ${base} }`, `${queues}, policies: { ${head} }`);
}

const policy = (name: string, pattern: string, definition: string, priority = 0): string =>
  `${name}: { pattern: '${pattern}', priority: ${priority}, definition: { ${definition} } }`;

describe('no effect has', () => {
  it.each([
    ['another name', policy('p', '^[abc]$', 'max-length: 5'), policy('q', '^[abc]$', 'max-length: 5')],
    [
      'a split',
      policy('p', '^[abc]$', 'max-length: 5'),
      `${policy('p', '^a$', 'max-length: 5')}, ${policy('q', '^[bc]$', 'max-length: 5')}`,
    ],
    [
      'another pattern for the same queues',
      policy('p', '^[abc]$', 'max-length: 5'),
      policy('p', '^[abcz]$', 'max-length: 5'),
    ],
    [
      'another priority where nothing else is',
      policy('p', '^a$', 'ttl: 5'.replace('ttl', 'message-ttl')),
      policy('p', '^a$', 'message-ttl: 5', 7),
    ],
    [
      'a policy that never wins',
      policy('p', '^[abc]$', 'max-length: 5', 9),
      `${policy('p', '^[abc]$', 'max-length: 5', 9)}, ${policy('q', '^a$', 'max-length: 1')}`,
    ],
  ])('%s', (_what, base, head) => {
    const diff = policiesDiff(base, head);
    expect(diff.changes.length).toBeGreaterThan(0);
    const listed = diff.changes.filter((change) =>
      change.effects.some(({ subject }) => subject.kind === 'queue'),
    );
    expect(listed).toEqual([]);
  });
});

it('a priority that lets another policy win is listed with its queues', () => {
  const both = (priority: number): string =>
    `${policy('lax', '^[ab]$', 'max-length: 100', 5)}, ${policy('strict', '^[a-c]$', 'max-length: 10', priority)}`;
  const diff = policiesDiff(both(1), both(9));
  const change = changeIn(diff, 'policy strict@shop');
  expect(change).toMatchObject({
    class: 'destructive',
    fields: [{ field: 'priority', before: 1, after: 9 }],
  });
  expect(change.effects.map(({ subject }) => subject.name)).toEqual(['a', 'b']);
  expect(change.effects[0]).toMatchObject({
    policyBefore: 'lax',
    policyAfter: 'strict',
    fields: [{ field: 'max-length', before: 100, after: 10 }],
  });
});

it('an operator policy lowers what a policy says', () => {
  const operator = (limit: number): string =>
    `${QUEUES}, policies: { ${policy('p', '^a$', 'max-length: 50')} }, operatorPolicies: { ${policy('o', '^[ab]$', `max-length: ${limit}`)} }`;
  const diff = diffOf(operator(100), operator(20));
  const effects = changeIn(diff, 'operator policy o@shop').effects;
  expect(effects.map(({ subject, fields }) => [subject.name, fields])).toEqual([
    ['a', [{ field: 'max-length', before: 50, after: 20 }]],
    ['b', [{ field: 'max-length', before: 100, after: 20 }]],
  ]);
});

it('families are listed by their template', () => {
  const family = (settings: string): string => `families: { 'basket:{id}': { ${settings} } }`;
  const diff = diffOf(family('ttl: 30m'), family('ttl: 10m'));
  const [change] = diff.changes;
  expect(change).toMatchObject({ class: 'destructive' });
  expect(change?.effects.map(({ subject }) => subject)).toEqual([
    { kind: 'family', vhost: 'shop', name: 'basket:{id}', example: 'basket:1' },
  ]);
});

it('a policy for queues that nobody lists is judged by what it would do to them', () => {
  const diff = policiesDiff('', policy('p', '^app\\.', 'max-length: 5'));
  const [change] = diff.changes;
  expect(change).toMatchObject({ class: 'destructive' });
  expect(change?.effects[0]?.subject).toMatchObject({ kind: 'unlisted', name: '^app\\.' });
});

it('the queues that only its pattern tells of are named once', () => {
  const diff = policiesDiff(policy('p', '^', 'max-length: 5'), policy('p', '^', 'max-length: 9'));
  const subjects = changeIn(diff, 'policy p@shop').effects.map(({ subject }) => subject);
  expect(subjects.filter(({ kind }) => kind === 'unlisted')).toMatchObject([{ name: '^' }]);
});

it('a key that nobody knows is thought to be the worst', () => {
  const side = (value: string): string => `queues: { a: { arguments: { x-own: ${value} } } }`;
  expect(changeIn(diffOf(side('1'), side('2')), 'queue a@shop').change).toBe('recreated');
});

describe('between two requests', () => {
  it('a queue that moves from one policy to another may have none', () => {
    const dead = "dead-letter-exchange: '', dead-letter-routing-key: d";
    const diff = policiesDiff(
      `${policy('p', '^[ab]$', dead)}, ${policy('q', '^c$', `max-length: 5, ${dead}`)}`,
      `${policy('p', '^a$', dead)}, ${policy('q', '^[bc]$', `max-length: 5, ${dead}`)}`,
    );
    expect(codesOf(changeIn(diff, 'policy q@shop'))).toContain('policy-gap');
    expect(changeIn(diff, 'policy p@shop').class).toBe('destructive');
  });

  it('one that is covered all the time has no gap', () => {
    const dead = "dead-letter-exchange: '', dead-letter-routing-key: d";
    const diff = policiesDiff(policy('p', '^[ab]$', dead), policy('q', '^[ab]$', dead));
    expect(diff.changes.map((change) => change.class)).toEqual(['none', 'none']);
  });
});
