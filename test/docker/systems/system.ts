/** One of the five systems: its example by one `up`, with a cluster and the workers of its sample application. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { inject } from 'vitest';
import { AMQP_PORT, BROKER_HOST } from '../../../docker/cluster/index';
import { amqpUrl } from '../../../platform/address';
import { SECRETS_FOLDER, urlEntrypoint } from '../../../platform/fleetPlan';
import type { Engine } from '../../../dockerApi/transport';
import { waitFor } from '../../../tools/processes';
import { exampleTopology } from '../../clients/appliedTopology';
import type { ClientImage } from '../../rigs/docker/clientImages';
import { missingEngine } from '../../rigs/pulumi';
import { containersOf, logOf, runOnce } from '../containers';
import { dockerObstacle } from '../scratch';
import { startStack, type DockerStack } from '../stack';

const LOAD = path.join(__dirname, '../load');
const WAIT_MS = 120_000;
/** Between two looks into logs. */
const LOOK_MS = 300;
const VERSION = '4.3';
/** What the examples say. */
const AMQPS_PORT = 5671;

/** Why no system can run here; undefined when all can. */
export function systemObstacle(): string | undefined {
  return dockerObstacle() ?? missingEngine();
}

export type Data = Readonly<Record<string, unknown>>;

export interface SystemOptions {
  /** Of topology/examples and of workers/. */
  readonly name: string;
  readonly client: ClientImage;
  /** Of fleets that have another one. */
  readonly otherClients?: Readonly<Record<string, ClientImage>>;
  readonly vhost: string;
  /** Whether the example takes no connections without TLS. */
  readonly isTlsOnly?: true;
  /** What is quicker or smaller here than in the example. */
  readonly change?: (example: Data) => Data;
}

export interface Line {
  readonly worker: string;
  /** Without the time. */
  readonly text: string;
}

export class System {
  private constructor(
    private readonly engine: Engine,
    readonly stack: DockerStack,
    private readonly options: SystemOptions,
  ) {}

  static async start(engine: Engine, options: SystemOptions): Promise<System> {
    const example = exampleTopology(options.name);
    const topology = options.change?.(example) ?? example;
    const clients = { '*': options.client, ...options.otherClients };
    const workers = Object.entries(clients).map(([fleet, set]) => [fleet, buildOf(options.name, set)]);
    const stack = await startStack(engine, {
      version: VERSION,
      topology,
      workers: Object.fromEntries(workers) as Data,
    });
    return new System(engine, stack, options);
  }

  async dispose(): Promise<void> {
    await this.stack.dispose();
  }

  /** Of all containers of a fleet, one after the other. */
  async lines(fleet: string): Promise<readonly Line[]> {
    const found: Line[] = [];
    for (const { name: worker } of await containersOf(this.engine, this.stack.prefix, fleet)) {
      for (const line of (await logOf(this.engine, worker)).split('\n')) {
        found.push({ worker, text: line.replace(/^\d[-\d]+ [:,\d]+ [A-Z]+ /, '') });
      }
    }
    return found;
  }

  /** The lines with that pattern, as soon as there are so many. */
  async said(fleet: string, pattern: RegExp, count = 1): Promise<readonly Line[]> {
    const found = await waitFor(
      async () => {
        const lines = (await this.lines(fleet)).filter(({ text }) => pattern.test(text));
        return lines.length >= count ? lines : undefined;
      },
      WAIT_MS,
      LOOK_MS,
    );
    if (found !== undefined) return found;
    const all = (await this.lines(fleet)).map(({ worker, text }) => `${worker} ${text}`);
    throw new Error(`${fleet} never said ${String(pattern)} ${count} times:\n${all.slice(-40).join('\n')}`);
  }

  /** Runs a program of test/docker/load beside the application's own modules; what it says in the end. */
  async load<T>(fleet: string, program: string, args: readonly unknown[], users: Users): Promise<T> {
    const words = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)));
    const [worker] = await containersOf(this.engine, this.stack.prefix, fleet);
    const { user, operator = user } = users;
    const operatorFile = `${SECRETS_FOLDER}/operator`;
    // A cluster without TLS has none, and a file of nothing can't be uploaded.
    const authority = await this.stack.authority();
    const said = await runOnce(this.engine, {
      name: `${this.stack.prefix}-load-${crypto.randomBytes(3).toString('hex')}`,
      image: worker?.image ?? '',
      network: this.stack.prefix,
      command: [...urlEntrypoint('CELERY_BROKER_URL'), 'python', '/app/load.py', ...words],
      environment: {
        RABBITMQ_URL_FILE: `${SECRETS_FOLDER}/url`,
        RABBITMQ_CA_FILE: `${SECRETS_FOLDER}/ca.crt`,
        OPERATOR_URL_FILE: operatorFile,
      },
      files: {
        '/app/load.py': fs.readFileSync(path.join(LOAD, `${program}.py`), 'utf8'),
        [`${SECRETS_FOLDER}/url`]: await this.url(user),
        [operatorFile]: await this.url(operator),
        ...(authority === '' ? {} : { [`${SECRETS_FOLDER}/ca.crt`]: authority }),
      },
    });
    const last = said.trimEnd().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) throw new Error(`the load ${program} failed:\n${said}`);
    return JSON.parse(last) as T;
  }

  /** As its workers get it. */
  private async url(user: string): Promise<string> {
    const { vhost, isTlsOnly = false } = this.options;
    const address = isTlsOnly
      ? ({ scheme: 'amqps', host: BROKER_HOST, port: AMQPS_PORT } as const)
      : ({ scheme: 'amqp', host: BROKER_HOST, port: AMQP_PORT } as const);
    return amqpUrl(address, { ...(await this.stack.login(user)), vhost });
  }
}

/** The application's image, on a base that has the packages. */
function buildOf(application: string, set: ClientImage): Data {
  const base = inject('images').clients[set];
  return { build: { context: 'workers', args: { BASE: base, APP: application, INSTALL: 'true' } } };
}

export interface Users {
  readonly user: string;
  /** For a program that looks into dead letters besides. */
  readonly operator?: string;
}

/** The ladder of the notifications, with shorter steps. */
export function withQuickRetries(example: Data): Data {
  const text = JSON.stringify(example).replaceAll('"5s"', '"200ms"').replaceAll('"factor":6', '"factor":2');
  return JSON.parse(text) as Data;
}

/** Speech-to-text, one job at a time: that shows the order. */
export function oneByOne(example: Data): Data {
  const { stt } = example.workers as { stt: object };
  return { ...example, workers: { stt: { ...stt, replicas: 1, prefetch: 1, concurrency: 1 } } };
}
