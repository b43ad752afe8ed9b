/**
 * A copy of a topology on a shared broker: its vhosts and users have names of their own, and go after the tests. What
 * is rendered for its clients is rendered from the same copy.
 */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { load } from '../../topology/index';
import type { ClientChoice, ClientInput, Fault } from '../../topology/render/clients/view';
import { renderDefinitions } from '../../topology/render/definitions';
import { uniqueName } from '../broker/realBroker';
import { allowRigUser, type TestBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';

type Data = Record<string, unknown>;

const EXAMPLES = path.resolve(__dirname, '../../topology/examples');

/** An example topology as data, to be changed before it is applied. */
export function exampleTopology(name: string): Data {
  return parse(fs.readFileSync(path.join(EXAMPLES, `${name}.yaml`), 'utf8')) as Data;
}

export class AppliedTopology {
  private constructor(
    private readonly broker: TestBroker,
    private readonly input: ClientInput,
    private readonly suffix: string,
    private readonly password: string,
  ) {}

  /** Applies it to the broker by one import, for the broker's own series. */
  static async apply(broker: TestBroker, data: Data): Promise<AppliedTopology> {
    const suffix = uniqueName('clients');
    const { topology, objects, diagnostics } = load(stringify(renamed(data, suffix)), 'copy.yaml', {
      target: broker.version,
    });
    if (topology === undefined || objects === undefined) throw new Error(JSON.stringify(diagnostics));
    const password = crypto.randomBytes(12).toString('hex');
    const applied = new AppliedTopology(broker, { topology, objects }, suffix, password);
    const hash = passwordHash(password);
    const users = topology.users.map(({ name }) => [name, hash] as const);
    try {
      await callManagement(broker, 'POST', 'definitions', renderDefinitions(objects, new Map(users)));
      for (const { name } of topology.vhosts) await allowRigUser(broker, name);
    } catch (error) {
      // What an import did before it failed stays.
      await applied.remove().catch(() => undefined);
      throw error;
    }
    return applied;
  }

  /** The name of a vhost or user in this copy. */
  nameOf(name: string): string {
    return `${name}-${this.suffix}`;
  }

  url(user: string, vhost: string): string {
    const login = `${this.nameOf(user)}:${this.password}`;
    return `amqp://${login}@127.0.0.1:${this.broker.amqpPort}/${encodeURIComponent(this.nameOf(vhost))}`;
  }

  render(
    renderer: (input: ClientInput, choice: ClientChoice) => string | Fault,
    choice: { readonly vhost: string; readonly user?: string },
  ): string {
    const text = renderer(this.input, {
      vhost: this.nameOf(choice.vhost),
      ...(choice.user === undefined ? {} : { user: this.nameOf(choice.user) }),
    });
    if (typeof text !== 'string') throw new Error(text.fault);
    return text;
  }

  get<T>(vhost: string, kind: 'queues' | 'bindings' | 'exchanges'): Promise<T> {
    return callManagement<T>(this.broker, 'GET', `${kind}/${encodeURIComponent(this.nameOf(vhost))}`);
  }

  async remove(): Promise<void> {
    const remove = (kind: string, name: string): Promise<unknown> =>
      callManagement(this.broker, 'DELETE', `${kind}/${encodeURIComponent(name)}`);
    for (const { name } of this.input.topology.vhosts) await remove('vhosts', name);
    for (const { name } of this.input.topology.users) await remove('users', name);
  }
}

function passwordHash(password: string): { hash: string; algorithm: string } {
  const salt = crypto.randomBytes(4);
  const digest = crypto.createHash('sha256').update(salt).update(password, 'utf8').digest();
  return {
    hash: Buffer.concat([salt, digest]).toString('base64'),
    algorithm: 'rabbit_password_hashing_sha256',
  };
}

/** Everything that names a vhost or a user. Expectations are about the topology, not about clients. */
function renamed(data: Data, suffix: string): Data {
  const rename = (name: string): string => `${name}-${suffix}`;
  const keys = (value: unknown, change: (item: Data) => Data = (item) => item): Data =>
    Object.fromEntries(
      Object.entries((value ?? {}) as Data).map(([name, item]) => [
        rename(name),
        change((item ?? {}) as Data),
      ]),
    );
  const inUser = (user: Data): Data =>
    Object.fromEntries(
      Object.entries(user).map(([key, value]) =>
        ['permissions', 'topicPermissions', 'roles'].includes(key) ? [key, keys(value)] : [key, value],
      ),
    );
  const workers = Object.entries((data.workers ?? {}) as Record<string, Data>).map(([name, worker]) => [
    name,
    {
      ...worker,
      ...(typeof worker.vhost === 'string' ? { vhost: rename(worker.vhost) } : {}),
      ...(typeof worker.user === 'string' ? { user: rename(worker.user) } : {}),
    },
  ]);
  return {
    ...data,
    expect: undefined,
    vhosts: keys(data.vhosts),
    users: keys(data.users, inUser),
    workers: Object.fromEntries(workers) as Data,
  };
}
