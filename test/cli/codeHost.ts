/** A stand-in of the API of GitHub and of GitLab: comments, with who wrote what, and labels, with when they came. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HostedChange } from './hostedChange';

export interface StoredComment {
  readonly id: number;
  readonly author: string;
  body: string;
}

export class CodeHost {
  readonly comments: StoredComment[] = [];
  readonly change = new HostedChange();
  /** `METHOD PATH`, as they came. */
  readonly requests: string[] = [];
  /** Answered in place of everything that writes. */
  refusal: { readonly status: number; readonly body: string } | undefined;
  /** What the token may not read. */
  hidden: RegExp | undefined;
  /** What somebody else does just before a request to take a label off is answered. */
  whileDeleting: (() => unknown) | undefined;
  #nextId = 1;

  private constructor(
    private readonly server: Server,
    private readonly token: string,
  ) {}

  static async start(token: string): Promise<CodeHost> {
    const server = createServer();
    const host = new CodeHost(server, token);
    server.on('request', (request, response) => {
      void host.answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return host;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }

  add(author: string, body: string): void {
    this.comments.push({ id: this.#nextId++, author, body });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    this.requests.push(`${method} ${url}`);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const given = request.headers['private-token'] ?? request.headers.authorization?.replace('Bearer ', '');
    const [status, json] =
      given === this.token
        ? this.answerTo(method, new URL(url, this.url), text, 'private-token' in request.headers)
        : ([401, { message: 'Bad credentials' }] as const);
    if (method !== 'GET' && this.refusal !== undefined) {
      response.writeHead(this.refusal.status, { location: this.url }).end(this.refusal.body);
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  }

  private answerTo(
    method: string,
    { pathname, searchParams }: URL,
    text: string,
    isGitLab: boolean,
  ): readonly [number, unknown] {
    // GitHub doesn't tell a job's token who it is.
    if (pathname === '/user') return isGitLab ? [200, { id: 'us' }] : [403, {}];
    if (method === 'GET') return this.read(pathname, searchParams);
    if (this.refusal !== undefined) return [this.refusal.status, {}];
    if (method === 'DELETE') {
      const [, label = ''] = /\/issues\/12\/labels\/([^/]+)$/.exec(pathname) ?? [];
      this.whileDeleting?.();
      const isOff = this.change.takeOff(decodeURIComponent(label));
      return isOff ? [200, []] : [404, { message: 'Label does not exist' }];
    }
    const { body = '' } = JSON.parse(text) as { body?: string };
    if (method === 'POST') {
      this.add('us', body);
      return [201, {}];
    }
    const id = Number(/\/(?:comments|notes)\/(\d+)$/.exec(pathname)?.[1]);
    const comment = this.comments.find((each) => each.id === id);
    if (comment === undefined) return [404, { message: 'Not Found' }];
    comment.body = body;
    return [200, shown(comment)];
  }

  private read(pathname: string, query: URLSearchParams): readonly [number, unknown] {
    if (this.hidden?.test(pathname) === true) return [403, { message: 'Resource not accessible' }];
    const { change } = this;
    if (pathname.endsWith('/pulls/12')) {
      return [200, { labels: [...change.labels].map((name) => ({ name })), head: { sha: change.revision } }];
    }
    if (pathname.endsWith('/merge_requests/12')) return [200, { labels: [...change.labels] }];
    if (pathname.endsWith('/activity')) {
      const found = change.activities.filter(({ ref }) => ref === query.get('ref'));
      return [200, found.slice(0, Number(query.get('per_page')))];
    }
    const [size, page] = [Number(query.get('per_page')), Number(query.get('page'))];
    return [200, this.listAt(pathname).slice((page - 1) * size, page * size)];
  }

  private listAt(pathname: string): readonly unknown[] {
    if (pathname.endsWith('/versions')) return this.change.versions;
    if (pathname.endsWith('/resource_label_events')) return this.change.labelEvents;
    if (pathname.endsWith('/issues/12/events')) return this.change.events;
    return this.comments.map(shown);
  }
}

/** In the words of both. */
function shown({ id, author, body }: StoredComment): unknown {
  return {
    id,
    body,
    author: { id: author },
    user: { login: author === 'us' ? 'github-actions[bot]' : author },
  };
}
