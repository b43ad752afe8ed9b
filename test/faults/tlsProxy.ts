/** A TLS proxy before a management API, as a company puts one there: below a path of its own, and for whom it knows. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './certificates';

export interface TlsProxyOptions {
  readonly targetPort: number;
  readonly certificate: Certificate;
  /** Only clients with a certificate of this authority are let in. */
  readonly clientAuthorityFile: string;
  /** With a leading slash; what lies elsewhere is a 404 page. */
  readonly prefix: string;
}

export class TlsProxy {
  /** Subjects of the client certificates of all requests so far. */
  readonly clients = new Set<string>();
  /** Paths that were asked for outside of the prefix. */
  readonly strayPaths: string[] = [];

  private constructor(
    private readonly server: https.Server,
    private readonly options: TlsProxyOptions,
  ) {}

  static async start(options: TlsProxyOptions): Promise<TlsProxy> {
    const server = https.createServer({
      cert: fs.readFileSync(options.certificate.certFile),
      key: fs.readFileSync(options.certificate.keyFile),
      ca: fs.readFileSync(options.clientAuthorityFile),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const proxy = new TlsProxy(server, options);
    server.on('request', (request, response) => {
      proxy.forward(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.options.prefix}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { url = '', method, headers } = request;
    const { prefix, targetPort } = this.options;
    if (request.socket instanceof TLSSocket) {
      this.clients.add(String(request.socket.getPeerCertificate().subject.CN));
    }
    if (!url.startsWith(`${prefix}/`)) {
      this.strayPaths.push(url);
      response.writeHead(404).end('<html>nothing here</html>');
      return;
    }
    const target = { host: '127.0.0.1', port: targetPort, method, headers, path: url.slice(prefix.length) };
    const forwarded = http.request(target, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  }
}
