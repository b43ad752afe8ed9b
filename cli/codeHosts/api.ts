/** Requests to the API of a code host. */
import { UserError } from '../userError';
import type { Comment } from './review';

const TIMEOUT_MS = 30_000;
/** So long answers are not ours to read whole. */
const REASON_LENGTH_MAX = 300;

export interface Api {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What to do where the token may not: shown with 401, 403 and 404. */
  readonly tokenHelp: string;
}

/** @throws UserError for every failure and every answer of 300 and above; never with the token */
export async function call(api: Api, method: string, path: string, body?: unknown): Promise<unknown> {
  const url = `${api.url}${path}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', 'user-agent': 'warren', ...api.headers },
      // A redirect would take the token elsewhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new UserError(`${method} ${url} failed: ${why}`);
  }
  const text = await response.text();
  if (response.status >= 300) throw refusal(api, `${method} ${url}`, response.status, text);
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    throw new UserError(`${method} ${url} answers with something else than JSON: is it the API?`);
  }
}

function refusal(api: Api, request: string, status: number, text: string): UserError {
  const help = [401, 403, 404].includes(status) ? ` ${api.tokenHelp}` : '';
  return new UserError(`${request} is refused: HTTP ${status} ${reasonIn(text)}.${help}`);
}

function reasonIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message.slice(0, REASON_LENGTH_MAX);
  } catch {
    // A proxy's page says nothing that helps.
  }
  return 'without a reason';
}

const PAGE_LENGTH = 100;
/** More comments than this nobody reads either. */
const PAGES_MAX = 50;

/** All entries of a list that comes in pages. */
export async function pages(api: Api, path: string): Promise<readonly Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (let page = 1; page <= PAGES_MAX; page++) {
    const found = await call(api, 'GET', `${path}?per_page=${PAGE_LENGTH}&page=${page}`);
    if (!Array.isArray(found)) throw new UserError(`GET ${api.url}${path} gives no list: is it the API?`);
    all.push(...(found as Record<string, unknown>[]));
    if (found.length < PAGE_LENGTH) break;
  }
  return all;
}

/** @throws UserError also where it is so long that its end is missing: what counts may stand there */
export async function wholeList(api: Api, path: string): Promise<readonly Record<string, unknown>[]> {
  const all = await pages(api, path);
  if (all.length < PAGES_MAX * PAGE_LENGTH) return all;
  throw new UserError(`GET ${api.url}${path} gives more than ${all.length} entries: too many to read.`);
}

/** An entry of a list of comments, as both hosts write it. */
export function commentOf({ id, body }: Readonly<Record<string, unknown>>, isOurs: boolean): Comment {
  return { id: Number(id), body: typeof body === 'string' ? body : '', isOurs };
}

/** @throws UserError for a variable that isn't there */
export function required(env: NodeJS.ProcessEnv, name: string, help: string): string {
  const value = env[name] ?? '';
  if (value === '') throw new UserError(`the variable ${name} is missing: ${help}`);
  return value;
}
