/** `warren dlq` where the broker, or it itself, refuses: it ends at once, says why, and has lost nothing. */
import { expect, it } from 'vitest';
import { run } from '../../tools/processes';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { commandLine, warren } from './dlqCommands';
import { awaitReady, connectTo } from './numberedMessages';
import { scratchOn } from './realBroker';

const COUNT = 150;

withBroker(
  'warren dlq',
  (broker) => {
    const scratch = scratchOn(broker);

    it('ends where the second of its connections is one too many, or its user may not write', async () => {
      const vhost = await scratch.vhost();
      const connection = await connectTo(broker, vhost);
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('failed', { durable: true });
      const arguments_ = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'failed' };
      await channel.assertQueue('work', { durable: true, messageTtl: 0, arguments: arguments_ });
      for (let id = 0; id < COUNT; id++) channel.sendToQueue('work', Buffer.from(String(id)));
      await channel.waitForConfirms();
      await awaitReady(connection, 'failed', COUNT);
      await callManagement(broker, 'PUT', `vhost-limits/${vhost}/max-connections`, { value: 2 });
      // The broker counts a connection a moment after it let it in.
      const dry = commandLine(broker, vhost, ['dlq', 'retry', 'failed', '--dry-run']);
      await expect
        .poll(async () => (await run(process.execPath, dry.words, { env: dry.env })).output)
        .toMatch(/doesn't let it into the vhost/);
      await callManagement(broker, 'DELETE', `vhost-limits/${vhost}/max-connections`);

      const reader = `reader-${vhost}`;
      await callManagement(broker, 'PUT', `users/${reader}`, { password: reader, tags: 'administrator' });
      const permissions = { configure: '', write: '', read: '.*' };
      await callManagement(broker, 'PUT', `permissions/${vhost}/${reader}`, permissions);
      const { words, env } = commandLine(broker, vhost, ['dlq', 'retry', 'failed']);
      const login = { RABBITMQ_USERNAME: reader, RABBITMQ_PASSWORD: reader };
      const { exitCode, output } = await run(process.execPath, words, { env: { ...env, ...login } });
      expect(exitCode, output).toBe(2);
      expect(output).toMatch(/Sent nothing.*access to exchange 'amq.default'.*Let that user write there/s);
      expect(output).not.toContain('in both places');
      await awaitReady(connection, 'failed', COUNT);
      await callManagement(broker, 'DELETE', `users/${reader}`);
      await connection.close();
    });

    it('refuses a reason that no message dies by', async () => {
      const refused = await warren(broker, '/', 2, 'dlq', 'show', 'failed', '--filter', 'reason=reject');
      expect(refused.output).toMatch(/reason=reject": no message dies by that.* rejected, expired, maxlen/);
    });
  },
  ['3.10', '4.3'],
);
