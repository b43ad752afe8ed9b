/** What a container printed. */
import type { Call } from '../resource';
import { path } from '../../../../dockerApi/transport';

const LOG_TIMEOUT_MS = 30_000;
/** Of the log in a state or a message. */
const LENGTH_MAX = 100_000;

/** The last `lines` lines of what it printed, or all of it. */
export async function logOf(
  { engine }: Call,
  id: string,
  isTerminal: boolean,
  lines?: number,
): Promise<string> {
  const raw = await engine.read({
    method: 'GET',
    path: `${path('containers', id)}/logs`,
    query: { stdout: true, stderr: true, tail: lines ?? 'all' },
    action: 'read its log',
    timeoutMs: LOG_TIMEOUT_MS,
  });
  const text = isTerminal ? raw.toString('utf8') : textOfFrames(raw);
  return text.slice(-LENGTH_MAX).trimEnd();
}

/** Without a terminal, each piece has a head of eight bytes: the stream that it comes from, and its length. */
export function textOfFrames(raw: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length;) {
    const length = raw.readUInt32BE(at + 4);
    pieces.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(pieces).toString('utf8');
}
