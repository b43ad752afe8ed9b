/** Where links of shovels and upstreams lead, and how safely: by the URIs in a parameter's value. */
import type { JsonValue } from '../objects';
import { canonicalJson } from '../objects';
import { holdsPassword } from '../secrets';
import type { Reason } from './model';
import { reason } from './reasons';

/** Only what wasn't so before. */
export function uriReasons(what: string, before: JsonValue | undefined, after: JsonValue): Reason[] {
  const known = new Set(
    linksIn(before)
      .filter(isPlain)
      .map(({ uri }) => uri),
  );
  const isNew = before === undefined || canonicalJson(before) !== canonicalJson(after);
  const reasons: Reason[] = [];
  if (linksIn(after).some((link) => isPlain(link) && !known.has(link.uri)))
    reasons.push(
      reason(
        'plain-text',
        `${what} goes to another host without TLS (amqp://): messages and login can be read on the way.`,
        'Use amqps://.',
      ),
    );
  if (isLessVerified(linksIn(before), linksIn(after)))
    reasons.push(
      reason(
        'peer-unverified',
        `${what} takes any certificate for the other side's: whoever sits in between can read messages and login.`,
        'Say `verify=verify_peer` and `cacertfile` in the URI.',
      ),
    );
  if (isNew && holdsPassword(after))
    reasons.push(
      reason(
        'password-in-uri',
        `A password stands in a URI of ${what.charAt(0).toLowerCase()}${what.slice(1)}.`,
        'Name a `user:` whose login the stack puts in.',
      ),
    );
  return reasons;
}

interface Link {
  /** The key that the URI stands at: a shovel has two ends. */
  readonly end: string;
  readonly uri: string;
  readonly isEncrypted: boolean;
  /** Without login and port; empty for the broker itself. */
  readonly host: string;
  /** Absent where the URI doesn't say: then the broker's default counts. */
  readonly isVerified?: boolean;
}

function linksIn(value: JsonValue | undefined, end = ''): Link[] {
  if (typeof value === 'string') return linkOf(value, end);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => linksIn(item, Array.isArray(value) ? end : key));
}

function linkOf(uri: string, end: string): Link[] {
  const [, scheme, authority = '', rest = ''] = /^([a-z]+):\/\/([^/?#]*)([^#]*)/i.exec(uri) ?? [];
  if (scheme === undefined) return [];
  const address = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
  const query = rest.includes('?') ? rest.slice(rest.indexOf('?') + 1) : '';
  const modes = new URLSearchParams(query).getAll('verify');
  return [
    {
      end,
      uri,
      isEncrypted: !['amqp', 'http', 'mqtt', 'stomp', 'ws'].includes(scheme.toLowerCase()),
      host: /^\[[^\]]*\]$|^\[[^\]]*\](?=:\d+$)/.exec(address)?.[0] ?? address.replace(/:\d*$/, ''),
      ...(modes.length === 0 ? {} : { isVerified: modes.every((mode) => mode === 'verify_peer') }),
    },
  ];
}

/** One without a host is the broker itself. */
function isPlain({ isEncrypted, host }: Link): boolean {
  return !isEncrypted && host !== '' && !/^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host);
}

/** `verify_none` where it wasn't, or nothing said any more where `verify_peer` was. */
function isLessVerified(before: readonly Link[], after: readonly Link[]): boolean {
  return after.some(({ end, host, isEncrypted, isVerified }) => {
    if (!isEncrypted || isVerified === true) return false;
    const old = before.filter((link) => link.end === end);
    if (old.some((link) => link.host === host && link.isVerified === isVerified)) return false;
    return isVerified === false || old.some((link) => link.isVerified === true);
  });
}
