/**
 * An HTTP proxy before a management API. It stops at one request (before the broker hears of it, or when the broker has
 * done it and nobody has heard so yet), or does something else than answering.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

type Action = () => void | Promise<void>;

export interface Interception {
  readonly method: string;
  /** Of the request's path, decoded. */
  readonly path: RegExp;
  /** Called once the broker has answered and before the client hears it; later requests of that kind pass. */
  readonly action: Action;
}

/** `before`: the broker never gets the request. `after`: it has carried it out, and the client gets no answer. */
export type Side = 'before' | 'after';

interface Trap {
  matches(method: string | undefined, path: string): boolean;
  readonly side: Side;
  readonly action: Action;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What happens to a request instead: `ask` is what the broker does and answers. */
export type Fault = (response: http.ServerResponse, ask: () => Promise<Answer>) => void | Promise<void>;

export class InterceptingProxy {
  #trap: Trap | undefined;
  #hit: string | undefined;
  #fault: { readonly fault: Fault; readonly path: RegExp } | undefined;
  /** What was asked for so far: method and path, still encoded. */
  readonly requests: string[] = [];

  private constructor(
    private readonly server: http.Server,
    private readonly targetPort: number,
  ) {}

  static async start(targetPort: number): Promise<InterceptingProxy> {
    const server = http.createServer();
    const proxy = new InterceptingProxy(server, targetPort);
    server.on('request', (request, response) => {
      void proxy.forward(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get isHit(): boolean {
    return this.#hit !== undefined;
  }

  /** The request that was stopped at: method and path. */
  get hit(): string | undefined {
    return this.#hit;
  }

  intercept({ method, path, action }: Interception): void {
    this.#setTrap({ matches: (given, at) => given === method && path.test(at), side: 'after', action });
  }

  /** Stops at the request with that number, counted from 1 and from now. */
  interceptNumber(number: number, side: Side, action: Action): void {
    const last = this.requests.length + number;
    this.#setTrap({ matches: () => this.requests.length === last, side, action });
  }

  /** Lets every request pass. */
  release(): void {
    this.#trap = undefined;
  }

  #setTrap(trap: Trap): void {
    this.#trap = trap;
    this.#hit = undefined;
  }

  /** Every request to these paths (decoded) goes wrong, until `heal`. */
  break(path: RegExp, fault: Fault): void {
    this.#fault = { fault, path };
  }

  heal(): void {
    this.#fault = undefined;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async forward(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const path = decodeURIComponent(request.url ?? '');
    if (this.#fault?.path.test(path) === true) {
      await this.#fault.fault(response, () => this.ask(request));
      return;
    }
    const trap = this.#trap?.matches(request.method, path) === true ? this.#trap : undefined;
    if (trap !== undefined) {
      this.#trap = undefined;
      this.#hit = `${request.method ?? ''} ${path}`;
    }
    if (trap?.side === 'before') {
      await trap.action();
      response.destroy();
      return;
    }
    const answer = await this.ask(request).catch(() => undefined);
    if (answer === undefined) {
      response.destroy();
      return;
    }
    await trap?.action();
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  private ask(request: http.IncomingMessage): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { method, url, headers } = request;
      const forwarded = http.request(
        { host: '127.0.0.1', port: this.targetPort, method, path: url, headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            resolve({
              status: answer.statusCode ?? 502,
              headers: answer.headers,
              body: Buffer.concat(chunks),
            });
          });
        },
      );
      forwarded.on('error', reject);
      request.pipe(forwarded);
    });
  }
}
