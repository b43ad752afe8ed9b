/** An HTTP proxy before a management API that stops at one request: the broker has done it, nobody has heard so yet. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Interception {
  readonly method: string;
  /** Of the request's path, decoded. */
  readonly path: RegExp;
  /** Called once the broker has answered and before the client hears it; later requests of that kind pass. */
  readonly action: () => void | Promise<void>;
}

export class InterceptingProxy {
  #interception: Interception | undefined;
  #isHit = false;
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

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async forward(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const answer = await this.ask(request).catch(() => undefined);
    if (answer === undefined) {
      response.destroy();
      return;
    }
    const interception = this.#interception;
    const path = decodeURIComponent(request.url ?? '');
    if (interception?.method === request.method && interception?.path.test(path) === true) {
      this.#interception = undefined;
      await interception.action();
      this.#isHit = true;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  private ask(
    request: http.IncomingMessage,
  ): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
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
