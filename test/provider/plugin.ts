/** Starts a provider's executable as the engine does, and speaks the engine's protocol with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { EngineService } from '@pulumi/pulumi/proto/engine_grpc_pb';
import type { LogRequest } from '@pulumi/pulumi/proto/engine_pb';
import { ResourceProviderClient } from '@pulumi/pulumi/proto/provider_grpc_pb';
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Struct, type JavaScriptValue } from 'google-protobuf/google/protobuf/struct_pb';

export type Values = Record<string, unknown>;

export interface DetailedDiff {
  readonly changed: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly replaces: readonly string[];
  /** Path to Pulumi's name of the kind, e.g. `UPDATE_REPLACE`. */
  readonly details: Readonly<Record<string, string>>;
}

export type PluginName = 'rabbitmq' | 'warren' | 'docker' | 'kubernetes';

const PACKAGES = path.resolve(__dirname, '../../provider');
/** Where each plugin's executable lies. */
const FOLDERS: Readonly<Record<PluginName, string>> = {
  rabbitmq: 'rabbitmq',
  warren: 'warren',
  docker: 'offline',
  kubernetes: 'offline',
};
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

export function secret(value: unknown): Values {
  return { [SIGNATURE]: SECRET, value };
}

export function isSecret(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (value as Values)[SIGNATURE] === SECRET;
}

/** Secrets unwrapped. */
export function reveal(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, isSecret(value) ? (value as Values).value : value]),
  );
}

/** One operation's engine: all plugins of one operation get its address. */
export class FakeEngine {
  readonly messages: string[] = [];
  private readonly server = new grpc.Server();
  private readonly plugins: PluginProcess[] = [];
  private address = '';

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine();
    const unsupported: grpc.handleUnaryCall<unknown, unknown> = (_call, respond) => {
      respond({ code: grpc.status.UNIMPLEMENTED });
    };
    const log: grpc.handleUnaryCall<LogRequest, Empty> = (call, respond) => {
      engine.messages.push(call.request.getMessage());
      respond(null, new Empty());
    };
    const names = Object.keys(EngineService);
    const methods = Object.fromEntries(names.map((name) => [name, unsupported]));
    engine.server.addService(EngineService, { ...methods, log });
    const port = await new Promise<number>((resolve, reject) => {
      engine.server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    engine.address = `127.0.0.1:${port}`;
    return engine;
  }

  async plugin(name: PluginName, config: Values, env: NodeJS.ProcessEnv = {}): Promise<PluginProcess> {
    const plugin = await PluginProcess.start(name, this.address, env);
    this.plugins.push(plugin);
    await plugin.configure(config);
    return plugin;
  }

  async stop(): Promise<void> {
    await Promise.all(this.plugins.map((plugin) => plugin.stop()));
    this.server.forceShutdown();
  }
}

export class PluginProcess {
  private constructor(
    readonly process: ChildProcess,
    private readonly client: ResourceProviderClient,
  ) {}

  static async start(
    name: PluginName,
    engineAddress: string,
    env: NodeJS.ProcessEnv,
  ): Promise<PluginProcess> {
    const executable = path.join(PACKAGES, FOLDERS[name], `pulumi-resource-${name}`);
    const child = spawn(executable, [engineAddress], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    const port = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        reject(new Error(`${name} ended with ${code ?? 'a signal'} before it said its port`));
      });
      child.stdout.once('data', (data: Buffer) => {
        resolve(data.toString().trim());
      });
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    return new PluginProcess(child, client);
  }

  async stop(): Promise<void> {
    this.client.close();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = this.ended();
    this.process.kill('SIGTERM');
    await ended;
  }

  ended(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.process.once('exit', () => {
        resolve();
      });
    });
  }

  async checkConfig(values: Values): Promise<{ inputs: Values; failures: Record<string, string> }> {
    const request = new pb.CheckRequest();
    request.setNews(struct(values));
    return checked(await this.ask<pb.CheckResponse>('checkConfig', request));
  }

  async diffConfig(olds: Values, news: Values): Promise<DetailedDiff> {
    const request = new pb.DiffRequest();
    request.setOlds(struct(olds));
    request.setNews(struct(news));
    return diffed(await this.ask<pb.DiffResponse>('diffConfig', request));
  }

  async configure(values: Values): Promise<void> {
    const request = new pb.ConfigureRequest();
    request.setArgs(struct(values));
    request.setAcceptsecrets(true);
    await this.ask('configure', request);
  }

  async check(
    urn: string,
    news: Values,
    olds: Values = {},
  ): Promise<{ inputs: Values; failures: Record<string, string> }> {
    const request = new pb.CheckRequest();
    request.setUrn(urn);
    request.setNews(struct(news));
    request.setOlds(struct(olds));
    request.setRandomseed(Buffer.from('seed'));
    return checked(await this.ask<pb.CheckResponse>('check', request));
  }

  async diff(urn: string, state: Values, news: Values, id = ''): Promise<DetailedDiff> {
    const request = new pb.DiffRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOlds(struct(state));
    request.setNews(struct(news));
    return diffed(await this.ask<pb.DiffResponse>('diff', request));
  }

  async create(urn: string, inputs: Values, preview = false): Promise<{ id: string; state: Values }> {
    const request = new pb.CreateRequest();
    request.setUrn(urn);
    request.setProperties(struct(inputs));
    request.setPreview(preview);
    const response = await this.ask<pb.CreateResponse>('create', request);
    return { id: response.getId(), state: plain(response.getProperties()) };
  }

  async read(
    urn: string,
    id: string,
    state: Values = {},
  ): Promise<{ id: string; state: Values; inputs: Values }> {
    const request = new pb.ReadRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setProperties(struct(state));
    const response = await this.ask<pb.ReadResponse>('read', request);
    return {
      id: response.getId(),
      state: plain(response.getProperties()),
      inputs: plain(response.getInputs()),
    };
  }

  async update(urn: string, id: string, state: Values, news: Values, preview = false): Promise<Values> {
    const request = new pb.UpdateRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOlds(struct(state));
    request.setNews(struct(news));
    request.setPreview(preview);
    return plain((await this.ask<pb.UpdateResponse>('update', request)).getProperties());
  }

  async remove(urn: string, id: string, state: Values): Promise<void> {
    const request = new pb.DeleteRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setProperties(struct(state));
    await this.ask('delete', request);
  }

  async cancel(): Promise<void> {
    await this.ask('cancel', new Empty());
  }

  /** Rejects with an error whose message is exactly what the provider said. */
  private ask<R>(method: string, request: unknown): Promise<R> {
    type Method = (request: unknown, respond: (error: grpc.ServiceError | null, response: R) => void) => void;
    const call = (this.client as unknown as Record<string, Method | undefined>)[method];
    return new Promise((resolve, reject) => {
      call?.bind(this.client)(request, (error, response) => {
        if (error === null) resolve(response);
        else reject(new Error(error.details));
      });
    });
  }
}

export function urn(type: string, name: string): string {
  return `urn:pulumi:test::project::${type}::${name}`;
}

function struct(values: Values): Struct {
  const stated = Object.entries(values).filter(([, value]) => value !== undefined);
  return Struct.fromJavaScript(Object.fromEntries(stated) as Record<string, JavaScriptValue>);
}

function plain(properties: Struct | undefined): Values {
  return properties?.toJavaScript() ?? {};
}

function checked(response: pb.CheckResponse): { inputs: Values; failures: Record<string, string> } {
  const failures = response.getFailuresList().map((failure) => [failure.getProperty(), failure.getReason()]);
  return {
    inputs: plain(response.getInputs()),
    failures: Object.fromEntries(failures) as Record<string, string>,
  };
}

function diffed(response: pb.DiffResponse): DetailedDiff {
  const names = Object.fromEntries(Object.entries(pb.PropertyDiff.Kind).map(([name, kind]) => [kind, name]));
  const details: Record<string, string> = {};
  response.getDetaileddiffMap().forEach((value: pb.PropertyDiff, key: string) => {
    details[key] = names[value.getKind()] ?? '';
  });
  return {
    changed: response.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME,
    deleteBeforeReplace: response.getDeletebeforereplace(),
    replaces: response.getReplacesList(),
    details,
  };
}
