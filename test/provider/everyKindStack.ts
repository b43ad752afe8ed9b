/** A stack of the program with every kind, on a vhost pair of its own. */
import { expect } from 'vitest';
import { callManagement } from '../rigs/management';
import { endpointOf, uniqueName, type Scratch } from '../broker/realBroker';
import type { TestBroker } from '../rigs/brokers';
import { smallProject, type SmallProject } from '../rigs/project';
import { PulumiWorkspace, type PulumiRun } from '../rigs/pulumi';
import { EVERY_KIND, type EveryKindValues } from './everyKind';

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

interface Exported {
  readonly version: number;
  readonly deployment: { readonly resources: readonly StateResource[] };
}

export class EveryKindStack {
  private constructor(
    private readonly rig: TestBroker,
    readonly project: SmallProject,
    readonly workspace: PulumiWorkspace,
    readonly values: EveryKindValues,
  ) {}

  static async create(
    rig: TestBroker,
    scratch: Scratch,
    options: Pick<EveryKindValues, 'hasWarren' | 'isAutonamed'>,
  ): Promise<EveryKindStack> {
    const project = smallProject(EVERY_KIND);
    const workspace = new PulumiWorkspace({ stack: 'test', projectFolder: project.folder });
    const made = await workspace.init();
    expect(made.exitCode, made.output).toBe(0);
    const shop = await scratch.vhost(uniqueName('shop'));
    const plain = await scratch.vhost(uniqueName('plain'));
    // The programs make them: here they are only written down to be taken away again.
    for (const vhost of [shop, plain]) await callManagement(rig, 'DELETE', `vhosts/${vhost}`);
    const app = scratch.user(uniqueName('app'));
    const nobody = scratch.user(uniqueName('nobody'));
    scratch.user(`${nobody}-admin`);
    const login = { username: rig.username, password: rig.password };
    const names = { shop, plain, app, nobody };
    const values = { endpoint: endpointOf(rig), login, ...names, ...options };
    return new EveryKindStack(rig, project, workspace, values);
  }

  run(
    args: readonly string[],
    more: Partial<EveryKindValues> = {},
    env: NodeJS.ProcessEnv = {},
  ): Promise<PulumiRun> {
    const values = JSON.stringify({ ...this.values, ...more });
    return this.workspace.run(args, { TEST_PROGRAM: values, ...env });
  }

  /** Without a preview; must work. */
  async up(more: Partial<EveryKindValues> = {}, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { exitCode, output } = await this.run(['up', '--yes', '--skip-preview'], more, env);
    expect(exitCode, output).toBe(0);
    return output;
  }

  /** Everything that the stack made, as the broker has it. */
  async onBroker(): Promise<Readonly<Record<string, unknown>>> {
    const { shop, plain, app, nobody } = this.values;
    const get = (apiPath: string): Promise<unknown> => callManagement(this.rig, 'GET', apiPath);
    const names = [shop, plain, app, nobody];
    const all = await callManagement<Record<string, unknown>>(this.rig, 'GET', 'definitions');
    const isOurs = (object: Readonly<Record<string, unknown>>): boolean =>
      [object.name, object.vhost].some((value) => names.some((name) => String(value).startsWith(name)));
    const parts = Object.entries(all).map(([part, objects]) => [
      part,
      Array.isArray(objects) ? (objects as Record<string, unknown>[]).filter(isOurs) : objects,
    ]);
    return { ...Object.fromEntries(parts), limits: await get(`user-limits/${app}`) } as Record<
      string,
      unknown
    >;
  }

  async exported(): Promise<Exported> {
    const run = await this.run(['stack', 'export', '--show-secrets', '--stack', 'test']);
    expect(run.exitCode, run.output).toBe(0);
    return JSON.parse(run.stdout) as Exported;
  }

  /** Loses the state: what is on the broker stays. */
  async forget(): Promise<void> {
    const removed = await this.workspace.run(['stack', 'rm', 'test', '--yes', '--force']);
    expect(removed.exitCode, removed.output).toBe(0);
    const made = await this.workspace.init();
    expect(made.exitCode, made.output).toBe(0);
  }

  dispose(): void {
    this.workspace.dispose();
    this.project.dispose();
  }
}
