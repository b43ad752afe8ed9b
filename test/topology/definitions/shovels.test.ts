/** Shovels as older series write them, imported. */
import { expect, it } from 'vitest';
import { importTopology } from '../../../topology/import/index';

it('a shovel with keys of before 3.7 keeps who logs in at one end, also where the other end has several users', () => {
  const value = {
    'src-uri': 'amqp://h',
    'src-queue': 'a',
    'dest-uri': ['amqp://h', 'amqp://i'],
    'dest-queue': 'b',
  };
  const { text, report } = importTopology(
    [
      { kind: 'vhost', name: 'shop' },
      {
        ...{
          kind: 'parameter',
          vhost: 'shop',
          component: 'shovel',
          name: 'moved',
          logins: { 'src-uri': 'u' },
        },
        value: { ...value, 'prefetch-count': 5, 'add-forward-headers': false, 'delete-after': 'never' },
      },
    ],
    { source: 'test' },
  );
  expect(text).toContain("source: { uri: 'amqp://h', user: u, queue: a, prefetch: 5, deleteAfter: never }");
  expect(text).toContain('addForwardHeaders: false');
  expect(report.differences).toEqual([]);
});
