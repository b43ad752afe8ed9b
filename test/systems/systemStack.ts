/** One of the example topologies as a stack of its own on a real broker, with clients that log in as its users. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect } from 'vitest';
import { resetBroker, type TestBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace, type PulumiRun } from '../rigs/pulumi';
import { AmqpClient } from './amqpClient';

const EXAMPLES = path.resolve(__dirname, '../../topology/examples');

interface Outputs {
  readonly admin: { readonly username: string; readonly password: string };
  readonly users: Readonly<Record<string, { username: string; password: string }>>;
}

/** Kept by RabbitMQ itself, not by a topology. */
interface Definitions {
  readonly users: readonly { name: string }[];
  readonly [part: string]: unknown;
}

export class SystemStack {
  readonly workspace = new PulumiWorkspace({ stack: 'test' });
  readonly #topologyFile = path.join(this.workspace.folder, 'topology.yaml');
  readonly #clients: AmqpClient[] = [];
  #before: Definitions | undefined;

  private constructor(readonly broker: TestBroker) {}

  /** A virgin broker and a new stack that has not been up yet. */
  static async create(broker: TestBroker, example: string): Promise<SystemStack> {
    await resetBroker(broker);
    const system = new SystemStack(broker);
    fs.copyFileSync(path.join(EXAMPLES, `${example}.yaml`), system.#topologyFile);
    await system.workspace.initWithSeed({
      topology: system.#topologyFile,
      target: broker.version,
      endpoint: `http://127.0.0.1:${broker.managementPort}`,
    });
    system.#before = await system.definitions();
    return system;
  }

  async up(...options: readonly string[]): Promise<PulumiRun> {
    const run = await this.workspace.up(...options);
    expect(run.exitCode, run.output).toBe(0);
    return run;
  }

  /** Replaces texts in the stack's copy of the topology; each must be there. */
  edit(replacements: Readonly<Record<string, string>>): void {
    let text = fs.readFileSync(this.#topologyFile, 'utf8');
    for (const [from, to] of Object.entries(replacements)) {
      expect(text).toContain(from);
      text = text.replaceAll(from, to);
    }
    fs.writeFileSync(this.#topologyFile, text);
  }

  /** Logged in over AMQP as a user of the topology, by its name there. */
  async clientOf(user: string, vhost: string): Promise<AmqpClient> {
    const { users } = await this.outputs();
    const login = users[user];
    if (login === undefined) throw new Error(`the stack has no user ${user}`);
    const client = await AmqpClient.open({ amqpPort: this.broker.amqpPort, ...login, vhost });
    this.#clients.push(client);
    return client;
  }

  async outputs(): Promise<Outputs> {
    return (await this.workspace.outputs()) as unknown as Outputs;
  }

  get<T>(apiPath: string): Promise<T> {
    return callManagement<T>(this.broker, 'GET', apiPath);
  }

  /** What the broker applies to a queue, as soon as it has got round to computing it. */
  async effectivePolicy(vhost: string, queue: string): Promise<Record<string, unknown>> {
    const path = `queues/${encodeURIComponent(vhost)}/${encodeURIComponent(queue)}`;
    const answer = await this.get<{ effective_policy_definition?: Record<string, unknown> }>(path);
    return answer.effective_policy_definition ?? {};
  }

  /** Takes everything away and looks whether the broker is as it was, but for guest and the stack's administrator. */
  async destroyAndCompare(): Promise<void> {
    const admin = (await this.outputs()).admin.username;
    await this.closeClients();
    const run = await this.workspace.destroy();
    expect(run.exitCode, run.output).toBe(0);
    expect(run.output).toContain(admin); // that it stays is said
    const after = await this.definitions();
    const names = after.users.map((user) => user.name);
    expect(names).toContain(admin);
    expect(names).not.toContain('guest');
    const known = new Set([admin, 'guest']);
    const others = (definitions: Definitions | undefined): unknown => ({
      ...definitions,
      users: definitions?.users.filter((user) => !known.has(user.name)),
      permissions: (definitions?.permissions as { user: string }[]).filter(({ user }) => !known.has(user)),
    });
    expect(others(after)).toEqual(others(this.#before));
  }

  async dispose(): Promise<void> {
    await this.closeClients();
    this.workspace.dispose();
  }

  private async closeClients(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()));
  }

  private definitions(): Promise<Definitions> {
    return this.get<Definitions>('definitions');
  }
}

/** Of `up`: whether it left everything as it was. */
export function expectNoChange(run: PulumiRun): void {
  expect(run.output).toMatch(/\d+ unchanged/);
  expect(run.output).not.toMatch(/\d+ (to )?(create|update|delete|replace|changed)/);
}
