/** What the diff of a resource says when state, broker and program have three opinions. */
import { expect, it } from 'vitest';
import { inGivenForm } from '../../provider/diff';
import { diffWithBroker, driftInWords, withoutIgnored } from '../../provider/drift';
import { policyType } from '../../provider/rabbitmq/policy';
import { queueType } from '../../provider/rabbitmq/queue';
import { absentUserType } from '../../provider/warren/absentUser';
import { parameterType } from '../../provider/warren/parameter';
import type { Arguments, PolicyObject, QueueObject } from '../../topology/objects';

const queue = (table: Arguments, durable = true): QueueObject => ({
  ...{ kind: 'queue', vhost: 'v', name: 'q', durable, autoDelete: false, arguments: table },
});
const policy = (priority: number, definition: Arguments = {}): PolicyObject => ({
  ...{ kind: 'policy', vhost: 'v', name: 'p', pattern: '', applyTo: 'all', priority, definition },
});
const LENGTH = 'settings.arguments["x-max-length"]';
const where = { endpoint: 'http://b', secrets: new Set<string>() };
const paths = (difference: { changes: readonly { path: string; isReplacement: boolean }[] }) =>
  difference.changes.map(({ path, isReplacement }) => [path, isReplacement]);

it('nothing differs where the broker has what the state says', () => {
  const versions = { before: policy(1), found: policy(1), after: policy(1) };
  expect(diffWithBroker(policyType, versions).changes).toEqual([]);
  expect(driftInWords(policyType, versions, where)).toBeUndefined();
});

it('a change by hand is undone: in place where that works, else by replacing', () => {
  const inPlace = { before: policy(1), found: policy(2), after: policy(1) };
  expect(paths(diffWithBroker(policyType, inPlace))).toEqual([['policy.priority', false]]);
  expect(driftInWords(policyType, inPlace, where)).toBe('drift on http://b: policy.priority is 2, was 1');
  const fixed = { before: queue({}), found: queue({ 'x-max-length': 5 }), after: queue({}) };
  const difference = diffWithBroker(queueType, fixed);
  expect(difference).toMatchObject({ deleteBeforeReplace: true });
  expect(paths(difference)).toEqual([[LENGTH, true]]);
  expect(driftInWords(queueType, fixed, where)).toBe(`drift on http://b: ${LENGTH} is 5, was not set`);
});

it('what is gone is made again by an update, and never replaced', () => {
  const versions = { before: queue({}), found: undefined, after: queue({ 'x-max-length': 5 }) };
  expect(diffWithBroker(queueType, versions)).toMatchObject({ isGone: true, deleteBeforeReplace: false });
  expect(paths(diffWithBroker(queueType, versions))).toEqual([[LENGTH, false]]);
  expect(driftInWords(queueType, versions, where)).toBe('drift: it was deleted on http://b');
  expect(driftInWords(absentUserType, versions, where)).toBe('drift: the user is there again on http://b');
});

it('what the broker has already only comes into the state', () => {
  const versions = {
    before: queue({}),
    found: queue({ 'x-max-length': 5 }),
    after: queue({ 'x-max-length': 5 }),
  };
  expect(paths(diffWithBroker(queueType, versions))).toEqual([[LENGTH, false]]);
  expect(driftInWords(queueType, versions, where)).toBeUndefined();
});

it('a change by hand and one of the program are both there, once', () => {
  const versions = {
    before: policy(1, { 'max-length': 1, expires: 9 }),
    found: policy(2, { 'max-length': 2, expires: 9 }),
    after: policy(1, { 'max-length': 3, expires: 8 }),
  };
  expect(paths(diffWithBroker(policyType, versions))).toEqual([
    ['policy.priority', false],
    ['policy.definition["max-length"]', false],
    ['policy.definition["expires"]', false],
  ]);
  expect(driftInWords(policyType, versions, where)).toBe(
    'drift on http://b: policy.priority is 2, was 1; policy.definition["max-length"] is 2, was 1',
  );
});

it('a difference that the program ignores stays', () => {
  const versions = { before: queue({}), found: queue({ 'x-max-length': 5 }, false), after: queue({}) };
  const difference = diffWithBroker(queueType, versions);
  expect(paths(withoutIgnored(difference, ['settings.arguments']))).toEqual([['settings.durable', true]]);
  const none = withoutIgnored(difference, ['settings']);
  expect(none).toMatchObject({ changes: [], deleteBeforeReplace: false });
  expect(withoutIgnored(difference, ['sett']).changes).toHaveLength(2);
});

it('no value of a secret property is said, and what only the broker has is not shown as values', () => {
  const common = { kind: 'parameter', vhost: 'v', component: 'shovel', name: 's', value: {} };
  const found = { ...common, logins: { uri: 'u' }, passwords: { uri: 'hidden' } };
  const versions = { before: common, found, after: common };
  const words = driftInWords(parameterType, versions, { ...where, secrets: new Set(['passwords']) });
  expect(words).toBe('drift on http://b: logins is {"uri":"u"}, was not set; passwords is another one');
  const { changes } = diffWithBroker(parameterType, versions);
  expect(changes.map(({ isUnseen }) => isUnseen)).toEqual([true, true]);
});

it('a change within a table is shown in the form in which the program gave the table', () => {
  const change = { path: LENGTH, kind: 'update', isReplacement: true } as const;
  const asTable = { settings: { durable: true, arguments: { 'x-max-length': 5 } } };
  const asText = { settings: { durable: true, argumentsJson: '{"x-max-length":5}' } };
  const none = { settings: { durable: true } };
  const shown = (olds: object, news: object) =>
    inGivenForm([change], { ...olds }, { ...news }).map(({ path, kind }) => `${kind} ${path}`);
  expect(shown(asTable, asTable)).toEqual([`update ${LENGTH}`]);
  expect(shown(asText, asText)).toEqual(['update settings.argumentsJson']);
  expect(shown(none, asText)).toEqual(['add settings.argumentsJson']);
  expect(shown(asText, none)).toEqual(['delete settings.argumentsJson']);
  expect(shown(asText, asTable)).toEqual([`update ${LENGTH}`]);
  expect(shown(none, none)).toEqual([`update ${LENGTH}`]);
});
