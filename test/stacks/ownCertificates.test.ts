/** What a stack's own certificate is for. */
import { expect, it } from 'vitest';
import { subjectOf } from '../../stacks/ownCertificates';

it('an address among the names is an address in the certificate, once', () => {
  const names = ['rabbitmq', '10.0.0.5', 'rabbitmq', 'fd00::7', '127.0.0.1'];
  expect(subjectOf(names, ['127.0.0.1'])).toEqual({
    names: ['rabbitmq'],
    addresses: ['127.0.0.1', '10.0.0.5', 'fd00::7'],
  });
});
