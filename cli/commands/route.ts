import { routedVhosts } from '../../topology/route/vhost';
import type { RoutedVhost } from '../../topology/route/vhost';
import type { Headers, HeaderValue } from '../../topology/route/headers';
import type { Message } from '../../topology/route/publish';
import { reportRoute } from '../../topology/route/report';
import { NAMELESS_EXCHANGE } from '../../topology/route/table';
import { suggestion } from '../../topology/names';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { renderRouteJson } from '../../topology/render/route/json';
import { renderRoute } from '../../topology/render/route/text';
import { ExitCode } from '../exitCodes';
import { colorWanted } from '../terminal';
import { loadTopologyFile, targetOption } from '../topologyFile';
import { UserError } from '../userError';

export interface RouteOptions {
  readonly vhost?: string;
  readonly exchange: string;
  readonly key: string;
  readonly header: readonly string[];
  readonly target?: string;
  readonly json?: boolean;
}

/** `warren route`: where a message goes, and what happens to it until it leaves. Errors of the topology go to stderr. */
export function route(file: string, options: RouteOptions): Promise<number> {
  const { topology, objects, diagnostics, sources } = loadTopologyFile(file, {
    ...targetOption(options.target),
    withoutExpectations: true,
  });
  const message = messageOf(options);
  if (topology === undefined || objects === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const report = renderDiagnostics(errors, sources, { format: 'text', color: colorWanted(process.stderr) });
    process.stderr.write(`${report}\n`);
    return Promise.resolve(ExitCode.findings);
  }
  const vhost = vhostNamed(routedVhosts(objects, topology), options.vhost);
  if (!vhost.table.exchanges.has(message.exchange)) throw unknownExchange(message.exchange, vhost);
  const report = reportRoute(vhost, message);
  process.stdout.write(
    options.json === true
      ? renderRouteJson(report)
      : `${renderRoute(report, { color: colorWanted(process.stdout) })}\n`,
  );
  return Promise.resolve(ExitCode.ok);
}

function unknownExchange(name: string, { name: vhost, table }: RoutedVhost): UserError {
  const open = [...table.exchanges.values()].filter(({ isInternal }) => !isInternal).map((each) => each.name);
  const own = open.filter((each) => each !== NAMELESS_EXCHANGE && !each.startsWith('amq.'));
  const hint = suggestion(
    name,
    own.length === 0 ? open.filter((each) => each !== NAMELESS_EXCHANGE) : own,
    'exchange',
  );
  return new UserError(`there is no exchange "${name}" in the vhost "${vhost}". ${hint}`);
}

function vhostNamed(vhosts: ReadonlyMap<string, RoutedVhost>, name: string | undefined): RoutedVhost {
  const names = [...vhosts.keys()];
  const [only, another] = vhosts.values();
  if (only === undefined) throw new UserError('the topology has no vhost');
  if (name === undefined && another === undefined) return only;
  if (name === undefined) throw new UserError(`say --vhost: the topology has ${names.join(', ')}`);
  const vhost = vhosts.get(name);
  if (vhost === undefined)
    throw new UserError(`there is no vhost "${name}". ${suggestion(name, names, 'vhost')}`);
  return vhost;
}

const ROUTING_KEY_BYTES_MAX = 255;

function messageOf({ exchange, key, header }: RouteOptions): Message {
  const headers: Record<string, HeaderValue> = {};
  const copies: { readonly CC: string[]; readonly BCC: string[] } = { CC: [], BCC: [] };
  for (const text of header) {
    const { name, value } = parseHeader(text);
    if ((name === 'CC' || name === 'BCC') && typeof value === 'string') copies[name].push(value);
    else headers[name] = value;
  }
  for (const each of [key, ...copies.CC, ...copies.BCC]) {
    if (Buffer.byteLength(each) > ROUTING_KEY_BYTES_MAX)
      throw new UserError(`a routing key has at most ${ROUTING_KEY_BYTES_MAX} bytes`);
  }
  return {
    exchange: exchange === 'amq.default' ? NAMELESS_EXCHANGE : exchange,
    routingKey: key,
    headers: headers satisfies Headers,
    ...(copies.CC.length === 0 ? {} : { cc: copies.CC }),
    ...(copies.BCC.length === 0 ? {} : { bcc: copies.BCC }),
  };
}

/** `name=value`, where whole numbers, decimals, true and false are what they look like, or `name:type=value`. */
function parseHeader(text: string): { readonly name: string; readonly value: HeaderValue } {
  const match = /^(.+?)(?::([^:=]*))?=(.*)$/s.exec(text);
  if (match === null) {
    throw new UserError(`--header ${text}: write name=value, or name:type=value (${TYPES.join(', ')})`);
  }
  const [, name = '', type, value = ''] = match;
  if (type !== undefined && !TYPES.includes(type)) {
    throw new UserError(
      `--header ${text}: there is no type "${type}"; it can be ${TYPES.join(', ')}. ` +
        `For a header of the name "${name}:${type}", write ${name}:${type}:string=${value}`,
    );
  }
  return { name, value: type === undefined ? guess(value, name) : typed(value, type, text, name) };
}

const TYPES = ['string', 'int', 'double', 'bool', 'void'];
const INTEGER = /^-?(0|[1-9]\d*)$/;
const DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function guess(value: string, name: string): HeaderValue {
  // These hold further routing keys, whatever they look like.
  if (name === 'CC' || name === 'BCC') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  if (INTEGER.test(value)) return integer(value, name);
  return DECIMAL.test(value) ? { double: Number(value) } : value;
}

/** A greater one would be compared as another number than the one that was written. */
function integer(value: string, name: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new UserError(
    `--header ${name}: ${value} is more than can be compared exactly (${Number.MAX_SAFE_INTEGER}); write ${name}:string=${value} for text`,
  );
}

function typed(value: string, type: string, text: string, name: string): HeaderValue {
  if (type === 'string') return value;
  if (type === 'void' && value === '') return null;
  if (type === 'bool' && (value === 'true' || value === 'false')) return value === 'true';
  if (type === 'int' && INTEGER.test(value)) return integer(value, name);
  if (type === 'double' && DECIMAL.test(value)) return { double: Number(value) };
  throw new UserError(`--header ${text}: ${value === '' ? 'nothing' : value} is no ${type} for ${name}`);
}
