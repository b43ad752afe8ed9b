/** What `warren init` leaves alone, and what it refuses. */
import { expect, it } from 'vitest';
import { amqpNotice } from '../../cli/commands/init';
import { refuseAnotherSeed } from '../../cli/stackSeed';
import type { ExportedStack } from '../../cli/stackState';

const stateOf = (...types: readonly string[]): ExportedStack => ({
  deployment: { resources: types.map((type) => ({ type })) },
});

it('makes no seed for a stack that has been up with another one', () => {
  const living = stateOf('pulumi:pulumi:Stack', 'pulumi:providers:warren', 'warren:index:Admin');
  expect(() => {
    refuseAnotherSeed('dev', living);
  }).toThrow(
    /^stacks\/Pulumi\.dev\.yaml has no seed, but stack dev has been up .*git log -p stacks\/Pulumi\.dev\.yaml.* docs\/runbooks\.md/,
  );
  expect(() => {
    refuseAnotherSeed('quickstart', living);
  }).toThrow('npm run quickstart -- --destroy');
});

it.each([
  ['new', { deployment: {} }],
  ['destroyed', { deployment: { resources: null } }],
  ['never beyond its beginning', stateOf('pulumi:pulumi:Stack', 'pulumi:providers:warren')],
])('makes one for a stack that is %s', (_, exported) => {
  expect(() => {
    refuseAnotherSeed('dev', exported);
  }).not.toThrow();
});

it('says which address for AMQP stays beside another endpoint', () => {
  const settings = { 'warren:endpoint': 'http://a:15672', 'warren:amqp': 'amqp://a:5672' };
  expect(amqpNotice('dev', settings, 'http://b:15672')).toMatch(
    /amqp:\/\/a:5672.* http:\/\/b:15672.* pulumi config rm amqp --stack dev\n$/,
  );
  expect(amqpNotice('dev', settings, 'http://a:15672')).toBe('');
  expect(amqpNotice('dev', settings, undefined)).toBe('');
  expect(amqpNotice('dev', { 'warren:amqp': '' }, 'http://b:15672')).toBe('');
});
