/** A Docker Engine and a management API that say what a test wants, over HTTP. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeContainer {
  id: string;
  status: string;
  exitCode: number;
  startedAtMs: number;
  finishedAtMs: number;
  address: string;
}

type Reply = readonly [status: number, body?: unknown];

class FakeServer {
  private constructor(
    private readonly server: http.Server,
    readonly port: number,
  ) {}

  static async open(answer: (request: string) => Promise<Reply> | Reply): Promise<FakeServer> {
    const server = http.createServer((request, response) => {
      void (async () => {
        const [status, body] = await answer(`${request.method ?? ''} ${request.url ?? ''}`);
        response.writeHead(status, { 'content-type': 'application/json', 'api-version': '1.45' });
        response.end(body === undefined ? '' : JSON.stringify(body));
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeServer(server, (server.address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export class FakeDocker {
  readonly containers = new Map<string, FakeContainer>();
  /** What was asked for, but for looking: `stop jobs-1 t=30`. */
  readonly requests: string[] = [];
  /** Containers whose stop doesn't end before the test says so. */
  readonly slow = new Set<string>();
  /** Containers that somebody removes: they can't be started any more. */
  readonly leaving = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private isIll = false;
  private server: FakeServer | undefined;

  get host(): string {
    return `tcp://127.0.0.1:${this.server?.port ?? 0}`;
  }

  async open(names: readonly string[]): Promise<void> {
    for (const [index, name] of names.entries()) {
      const times = { startedAtMs: 0, finishedAtMs: 0 };
      this.containers.set(name, {
        id: `id-${name}`,
        status: 'created',
        exitCode: 0,
        address: `10.0.0.${index + 1}`,
        ...times,
      });
    }
    this.server = await FakeServer.open((request) => this.answer(request));
  }

  /** Since long ago. */
  run(name: string): void {
    Object.assign(this.containers.get(name) ?? {}, { status: 'running' });
  }

  fallIll(isIll: boolean): void {
    this.isIll = isIll;
  }

  releaseStops(): void {
    this.waiting.splice(0).forEach((release) => {
      release();
    });
  }

  get running(): readonly string[] {
    return [...this.containers].filter(([, { status }]) => status === 'running').map(([name]) => name);
  }

  async close(): Promise<void> {
    this.releaseStops();
    await this.server?.close();
  }

  private async answer(request: string): Promise<Reply> {
    if (this.isIll) return [500, { message: 'disk full' }];
    if (request === 'GET /_ping') return [200];
    const [, key = '', verb = '', query = ''] = /\/containers\/([^/]+)\/(\w+)\??(.*)$/.exec(request) ?? [];
    const found = [...this.containers].find(([name, { id }]) => name === key || id === key);
    if (found === undefined) return [404, { message: 'no such container' }];
    const [name, container] = found;
    if (verb === 'json') return [200, inspection(name, container)];
    this.requests.push(`${verb} ${name} ${query}`.trim());
    if (verb === 'start' && this.leaving.has(name)) return [409, { message: 'it is marked for removal' }];
    if (verb === 'start') Object.assign(container, { status: 'running', startedAtMs: Date.now() });
    if (verb === 'stop') {
      if (this.slow.has(name)) await new Promise<void>((resolve) => this.waiting.push(resolve));
      Object.assign(container, { status: 'exited', exitCode: 0, finishedAtMs: Date.now() });
    }
    return [204];
  }
}

function inspection(
  name: string,
  { id, status, exitCode, startedAtMs, finishedAtMs, address }: FakeContainer,
): object {
  const [StartedAt, FinishedAt] = [startedAtMs, finishedAtMs].map((ms) => new Date(ms).toISOString());
  const state = { Status: status, ExitCode: exitCode, StartedAt, FinishedAt };
  return {
    Id: id,
    Name: `/${name}`,
    State: state,
    NetworkSettings: { Networks: { net: { IPAddress: address } } },
  };
}

/** One with a single vhost. */
export class FakeBroker {
  queues: { name: string; messages?: number; messages_ready?: number; messages_unacknowledged?: number }[] =
    [];
  /** The addresses of the consumers of each queue; undefined without statistics. */
  consumers: Record<string, readonly string[]> | undefined = {};
  /** In place of every answer. */
  status: number | undefined;
  private server: FakeServer | undefined;

  get endpoint(): string {
    return `http://127.0.0.1:${this.server?.port ?? 0}`;
  }

  async open(): Promise<void> {
    this.server = await FakeServer.open((request) => this.answer(request));
  }

  async close(): Promise<void> {
    await this.server?.close();
  }

  private answer(request: string): Reply {
    if (this.status !== undefined) return [this.status, { error: 'Not now' }];
    if (request.startsWith('GET /api/queues/media')) {
      const isTotals = request.includes('enable_queue_totals');
      const listed = this.queues.filter(({ messages }) => messages !== undefined || !isTotals);
      return [200, listed.map((queue) => ({ type: 'classic', ...queue }))];
    }
    if (request === 'GET /api/vhosts/media') return [200, { name: 'media' }];
    if (request === 'GET /api/consumers/media') {
      if (this.consumers === undefined)
        return [400, { error: 'bad_request', reason: 'Stats in management UI are disabled on this node' }];
      const all = Object.entries(this.consumers).flatMap(([queue, hosts]) =>
        hosts.map((host) => ({
          queue: { name: queue, vhost: 'media' },
          channel_details: { peer_host: host },
        })),
      );
      return [200, all];
    }
    return [404, { error: 'Object Not Found' }];
  }
}
