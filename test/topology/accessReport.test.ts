import { expect, it } from 'vitest';
import { accessReport } from '../../topology/accessReport';
import type { BrokerObject } from '../../topology/objects';

const user = (name: string, ...tags: string[]): BrokerObject => ({ kind: 'user', name, tags });
const may = (name: string, write: string): BrokerObject => ({
  ...{ kind: 'permissions', vhost: 'shop', user: name, configure: '', write, read: '' },
});
const topics = (name: string, ...exchanges: string[]): BrokerObject => ({
  ...{ kind: 'topicPermissions', vhost: 'shop', user: name },
  exchanges: exchanges.map((exchange) => ({ exchange, write: '^a$', read: '' })),
});

it('tells what is the same, in whatever order the broker keeps it', () => {
  const wanted = [user('a', 'monitoring', 'policymaker'), may('a', 'x'), topics('a', 'one', 'two')];
  const found = [topics('a', 'two', 'one'), may('a', 'x'), user('a', 'policymaker', 'monitoring')];
  expect(accessReport(wanted, found)).toMatchObject([
    { user: 'a', state: 'same' },
    { user: 'a', vhost: 'shop', state: 'same' },
  ]);
});

it('tells what differs, is missing, and is too much', () => {
  const wanted = [user('a'), may('a', 'x'), user('b'), may('b', 'x'), user('c'), topics('c', 'one')];
  const found = [
    user('a', 'administrator'),
    may('a', '.*'),
    user('b'),
    user('c'),
    topics('c'),
    user('guest'),
  ];
  expect(accessReport(wanted, found).map(({ user: name, vhost, state }) => [name, vhost, state])).toEqual([
    ['a', undefined, 'different'],
    ['a', 'shop', 'different'],
    ['b', undefined, 'same'],
    ['b', 'shop', 'only in the topology'],
    ['c', undefined, 'same'],
    ['c', 'shop', 'different'],
    ['guest', undefined, 'only on the broker'],
  ]);
});
