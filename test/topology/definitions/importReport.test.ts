import { expect, it } from 'vitest';
import { importTopology } from '../../../topology/import/index';
import type { BrokerObject } from '../../../topology/objects';
import { renderImportReport } from '../../../topology/render/importReport';

const everything = { configure: '.*', write: '.*', read: '.*' };
const OBJECTS: readonly BrokerObject[] = [
  { kind: 'vhost', name: 'shop' },
  { kind: 'user', name: 'guest', tags: ['administrator'] },
  { kind: 'permissions', user: 'guest', vhost: 'shop', ...everything },
];

function report(exclusive: readonly string[], file?: string): string {
  const { report: imported } = importTopology(OBJECTS, { source: 'test' });
  return renderImportReport(imported, { file, findings: [], exclusive });
}

it('counts what it names as left out, and nothing else', () => {
  expect(report([])).toMatch(/^Left out:\n {2}user \(.*\): 'guest'\n$/m);
  expect(report([])).toContain(', 1 object left out.');
  expect(report(['reply'])).toMatch(/: 'reply'\n/);
  expect(report(['reply'])).toContain(', 2 objects left out.');
});

it('names no file where none was written', () => {
  expect(report([])).toMatch(/^warren check has nothing to say against it\.$/m);
  expect(report([], 'shop.yaml')).toMatch(/^warren check shop\.yaml: nothing to say against it\.$/m);
});

it.each([
  [undefined, '# From "http://b:15672", by `'],
  ['4.3.6', '# From "http://b:15672" (RabbitMQ 4.3.6), by `'],
  ['4.3\n- x # y', String.raw`# From "http://b:15672" (RabbitMQ "4.3\n- x \u0023 y"), by ` + '`'],
])('the first line tells the source from the version %j', (version, line) => {
  const given = version === undefined ? {} : { version };
  const { text } = importTopology(OBJECTS, { source: 'http://b:15672', ...given });
  expect(text.startsWith(line)).toBe(true);
});
