/**
 * An HTTP proxy before a management API. It stops at one request (the broker has done it, nobody has heard so yet), or
 * does something else than answering.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Interception {
  readonly method: string;
  /** Of the request's path, decoded. */
  readonly path: RegExp;
  /** Called once the broker has answered and before the client hears it; later requests of that kind pass. */
  readonly action: () => void | Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What happens to a request instead: `ask` is what the broker does and answers. */
export type Fault = (response: http.ServerResponse, ask: () => Promise<Answer>) => void | Promise<void>;

export class InterceptingProxy {
  #interception: Interception | undefined;
  #isHit = false;
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
    return this.#isHit;
  }

  intercept(interception: Interception): void {
    this.#interception = interception;
    this.#isHit = false;
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
    const answer = await this.ask(request).catch(() => undefined);
    if (answer === undefined) {
      response.destroy();
      return;
    }
    const interception = this.#interception;
    if (interception?.method === request.method && interception?.path.test(path) === true) {
      this.#interception = undefined;
      await interception.action();
      this.#isHit = true;
    }
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
