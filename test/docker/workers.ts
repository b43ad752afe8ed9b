/** A RabbitMQ with real Celery workers, in containers that Pulumi's plugin made, for tests of what scales them. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { expect, inject } from 'vitest';
import type { Engine } from '../../dockerApi/transport';
import { findFreePorts } from '../../tools/freePort';
import { tail, waitFor } from '../../tools/processes';
import { canLogIn } from '../rigs/management';
import { secret, type PluginProcess, type Values } from '../provider/plugin';
import { logOf } from './containers';
import { Resource } from './resource';
import type { Scratch } from './scratch';

export const PATIENCE_MS = 120_000;
export const VHOST = 'shop';
const LOGIN = { username: 'admin', password: 'a password' };

/** What a task told in a log. */
export interface Note {
  readonly id: string;
  readonly what: 'begun' | 'done';
  readonly redelivered: boolean;
  readonly container: string;
}

export class Workers {
  /** For clients on this machine. */
  endpoint = '';
  /** The administrator. */
  readonly login = LOGIN;
  /** Names of the nodes and of the workers' network. */
  readonly broker: string;
  readonly network: string;
  private channel: ConfirmChannel | undefined;
  private end: () => Promise<void> = () => Promise.resolve();

  constructor(
    readonly engine: Engine,
    private readonly plugin: PluginProcess,
    readonly scratch: Scratch,
  ) {
    this.broker = scratch.name('rabbit');
    this.network = scratch.name('net');
  }

  async startBroker(queues: readonly string[]): Promise<void> {
    const [managementPort = 0, amqpPort = 0] = await findFreePorts(2);
    const definitions = {
      users: [{ name: LOGIN.username, password: LOGIN.password, tags: 'administrator' }],
      vhosts: [{ name: VHOST }],
      permissions: [{ user: LOGIN.username, vhost: VHOST, configure: '.*', write: '.*', read: '.*' }],
      queues: queues.map((name) => ({
        name,
        vhost: VHOST,
        durable: true,
        auto_delete: false,
        arguments: {},
      })),
    };
    await this.make('network', { name: this.network });
    await this.make('container', {
      name: this.broker,
      image: inject('images').rabbitmq['4.3'],
      hostname: 'rabbit',
      networksAdvanced: [{ name: this.network }],
      ports: [
        { internal: 5672, external: amqpPort, ip: '127.0.0.1' },
        { internal: 15672, external: managementPort, ip: '127.0.0.1' },
      ],
      uploads: [
        {
          file: '/etc/rabbitmq/conf.d/50-test.conf',
          content: 'load_definitions = /etc/rabbitmq/test.json\n',
        },
        { file: '/etc/rabbitmq/test.json', content: secret(JSON.stringify(definitions)) },
      ],
    });
    // No health check: on a busy machine, those of RabbitMQ's own tools take much of it.
    await this.until('RabbitMQ answers', () => canLogIn({ managementPort, ...LOGIN }));
    this.endpoint = `http://127.0.0.1:${managementPort}`;
    const address = { protocol: 'amqp', hostname: '127.0.0.1', port: amqpPort, vhost: VHOST, ...LOGIN };
    const opened: ChannelModel[] = [];
    // The management API is there a moment before AMQP is.
    await this.until('RabbitMQ takes connections', async () => {
      const connection = await connect(address).catch(() => undefined);
      if (connection !== undefined) opened.push(connection);
      return connection !== undefined;
    });
    const [connection] = opened;
    if (connection === undefined) throw new Error('no connection');
    this.end = () => connection.close();
    this.channel = await connection.createConfirmChannel();
  }

  make(kind: string, inputs: Values): Promise<Resource> {
    return new Resource(this.plugin, kind).create({ labels: this.scratch.labels, ...inputs });
  }

  /** Containers of one fleet, of which the first `running` run. @returns their names */
  async makeFleet(
    fleet: string,
    queue: string,
    { size, running }: { size: number; running: number },
  ): Promise<readonly string[]> {
    const names = Array.from({ length: size }, (_, index) => this.scratch.name(`${fleet}-${index + 1}`));
    const url = `amqp://admin:a%20password@${this.broker}:5672/${VHOST}`;
    const program = fs.readFileSync(path.join(__dirname, 'apps', 'work.py'), 'utf8');
    for (const [index, name] of names.entries()) {
      const isStarted = index < running;
      await this.make('container', {
        name,
        image: inject('images').clients['celery-5.6'],
        user: 'worker',
        workingDir: '/srv',
        command: [
          ...['python', '-m'],
          'celery',
          '-A',
          'work',
          'worker',
          '-Q',
          queue,
          '-n',
          name,
          '--concurrency',
          '1',
          '--without-gossip',
          '--without-mingle',
        ],
        envs: [`CELERY_BROKER_URL=${url}`],
        uploads: [{ file: '/srv/work.py', content: program }],
        networksAdvanced: [{ name: this.network }],
        start: isStarted,
        mustRun: isStarted,
      });
    }
    return names;
  }

  /** The files with the login, in a folder. @returns the scaler's `broker` for whoever runs on this machine */
  loginFiles(folder: string): { usernameFile: string; passwordFile: string } {
    const files = {
      usernameFile: path.join(folder, 'username'),
      passwordFile: path.join(folder, 'password'),
    };
    fs.writeFileSync(files.usernameFile, LOGIN.username);
    fs.writeFileSync(files.passwordFile, `${LOGIN.password}\n`);
    return files;
  }

  /** Publishes tasks as Celery does. @returns their ids */
  async publish(task: 'short' | 'stuck', queue: string, count: number): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, () => crypto.randomUUID());
    for (const id of ids) {
      const headers = { lang: 'py', task, id, root_id: id, parent_id: null, group: null };
      const embed = { callbacks: null, errbacks: null, chain: null, chord: null };
      const options = {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        correlationId: id,
        deliveryMode: 2,
      };
      this.channel?.sendToQueue(queue, Buffer.from(JSON.stringify([[], {}, embed])), { headers, ...options });
    }
    await this.channel?.waitForConfirms();
    return ids;
  }

  /** Of all containers of a fleet, whatever became of them since. */
  async notes(containers: readonly string[]): Promise<readonly Note[]> {
    const logs = await Promise.all(containers.map((name) => this.log(name)));
    return logs.flatMap((log, index) =>
      log
        .split('\n')
        .filter((line) => line.startsWith('{"id"'))
        .map((line) => ({ ...(JSON.parse(line) as Note), container: containers[index] ?? '' })),
    );
  }

  log(name: string): Promise<string> {
    return logOf(this.engine, name);
  }

  state(
    name: string,
  ): Promise<{ State: { Status: string; StartedAt: string; ExitCode: number }; RestartCount: number }> {
    return this.scratch.inspect('containers', name);
  }

  async running(containers: readonly string[]): Promise<readonly string[]> {
    const states = await Promise.all(containers.map((name) => this.state(name)));
    return containers.filter((_, index) => states[index]?.State.Status === 'running');
  }

  /** Waits; fails with `what`, and what the containers said last. */
  async until(what: string, ask: () => Promise<boolean> | boolean): Promise<void> {
    const answer = await waitFor(async () => ((await ask()) ? true : undefined), PATIENCE_MS, 200);
    if (answer !== true) expect.fail(`${what}\n${await this.lastWords()}`);
  }

  private async lastWords(): Promise<string> {
    const names = (await this.scratch.left())
      .filter((one) => one.startsWith('containers '))
      .map((one) => one.replace('containers ', ''));
    const texts = await Promise.all(names.map(async (name) => tail(await this.log(name), 8)));
    return texts.join('\n---\n');
  }

  async stop(): Promise<void> {
    await this.end();
    await this.scratch.clear();
  }
}
