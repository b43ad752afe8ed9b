/** What `warren doctor` notes of a step, and what it doesn't. */
import * as net from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Checks, type Check } from '../../cli/doctor/checks';
import { checkNetwork } from '../../cli/doctor/network';
import { UserError } from '../../cli/userError';
import { closedPort } from '../broker/servers';

const SAID_BY = 'warren:amqp in stacks/Pulumi.dev.yaml';

function noted(): { readonly checks: Checks; readonly all: Check[] } {
  const all: Check[] = [];
  return {
    checks: new Checks('broker', (check) => {
      all.push(check);
    }),
    all,
  };
}

it('leaves a wrong question to whoever tells it: it was told twice', async () => {
  const { checks, all } = noted();
  const wrong = new UserError('the stack says no topology');
  await expect(checks.step('management', () => Promise.reject(wrong))).rejects.toBe(wrong);
  expect(all).toEqual([]);
});

it('notes what fails', async () => {
  const { checks, all } = noted();
  await checks.step('management', () => Promise.reject(new Error('refused')));
  expect(all).toMatchObject([{ step: 'management', state: 'failed', text: 'refused' }]);
});

it('names the setting by which it looks for AMQP', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const settings = {
    ...{ address: { scheme: 'amqp', host: '127.0.0.1', port } as const, tls: {} },
    ...{ username: 'shop', password: 'secret' },
  };
  const fine = noted();
  await checkNetwork(fine.checks, settings, SAID_BY);
  expect(fine.all[0]?.text).toMatch(/ answers in \d+ ms \(by warren:amqp in stacks\/Pulumi\.dev\.yaml\)$/);
  await new Promise((resolve) => server.close(resolve));
  const closed = noted();
  const nowhere = { ...settings, address: { ...settings.address, port: await closedPort() } };
  await checkNetwork(closed.checks, nowhere, SAID_BY);
  expect(closed.all[0]?.text).toMatch(/nothing listens .* The address is said by warren:amqp in /);
  const announced = noted();
  await checkNetwork(announced.checks, nowhere);
  expect(announced.all[0]?.text).not.toContain('warren:amqp');
});
