/**
 * Approvals: which losses were agreed to, in the words in which a refusal asks for them.
 *
 * `queue NAME@VHOST` and `vhost NAME` agree to everything that deleting the object takes away. `recreate queue
 * NAME@VHOST` agrees only to what recreating a queue does to its consumers; its messages are moved. `queue *@VHOST`
 * is every queue of a vhost, `user NAME` cuts off who is logged in as that user (its name on the broker),
 * `cluster NAME` a cluster with its volumes, `*` everything. A token behind it (`queue NAME@VHOST #3f9a1c20`) narrows
 * it to the object as it was when the refusal was printed.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../topology/objects';

export type Approvals = ReadonlySet<string>;

/** What an operation would take away; what its token covers. */
export interface Loss {
  readonly operation: 'delete' | 'recreate';
  /** As `subjectOfQueue` and `subjectOfVhost` write it. */
  readonly subject: string;
  /** What makes it another object when it changes: type, durability, arguments. */
  readonly shape: unknown;
  readonly messages: number;
  /** Whether somebody consumes from it, or is connected to it. */
  readonly isInUse: boolean;
}

export type Verdict = 'approved' | 'stale' | 'none';

const EVERYTHING = '*';

export const NOTHING_APPROVED: Approvals = new Set();
export const EVERYTHING_APPROVED: Approvals = new Set([EVERYTHING]);

const FORM = /^(\*|queue .+@.*|recreate queue .+@.*|vhost .+|user .+|cluster .+)$/s;
const TOKEN = /^#[0-9a-f]{8}$/;
/** Of a number of messages that nobody knows, and the most that a token distinguishes. */
const DIGITS_MAX = 16;

/** From a list, or from text with commas or line breaks between the approvals. */
export function parseApprovals(source: string | readonly string[] | undefined): Approvals {
  const items = typeof source === 'string' ? source.split(/[,\n]/) : (source ?? []);
  return new Set(items.map((item) => item.trim()).filter((item) => item !== ''));
}

/** The approvals that can't be any, so that a slip of the pen isn't an approval that silently never counts. */
export function malformedApprovals(approvals: Approvals): readonly string[] {
  return [...approvals].filter((approval) => !FORM.test(approval));
}

/** `queue NAME@VHOST`. Whatever would make it ambiguous, or end it in a list with commas, is percent-encoded. */
export function subjectOfQueue(vhost: string, name: string): string {
  const quoted = name === '*' ? '%2A' : encoded(name, /[%,@#`'\p{Cc}]|^\s|\s$/gu);
  return `queue ${quoted}@${encoded(vhost, UNSAFE)}`;
}

export function subjectOfVhost(name: string): string {
  return `vhost ${encoded(name, UNSAFE)}`;
}

export function subjectOfUser(name: string): string {
  return `user ${encoded(name, UNSAFE)}`;
}

const UNSAFE = /[%,#`'\p{Cc}]|^\s|\s$/gu;

function encoded(name: string, unsafe: RegExp): string {
  return name.replace(unsafe, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

/** `stale` where a token was given for the object, and the object isn't any more what the token was given for. */
export function verdictOn(loss: Loss, approvals: Approvals): Verdict {
  if (approvals.has(EVERYTHING)) return 'approved';
  const names = namesThatApprove(loss);
  if (names.some((name) => approvals.has(name))) return 'approved';
  const given = names.flatMap((name) =>
    [...approvals].flatMap((approval) => {
      const token = approval.startsWith(`${name} `) ? approval.slice(name.length + 1) : '';
      return TOKEN.test(token) ? [token] : [];
    }),
  );
  const valid = validTokens(loss);
  if (given.some((token) => valid.has(token))) return 'approved';
  return given.length > 0 ? 'stale' : 'none';
}

/** Whoever agrees to the loss of the messages agrees to the interruption as well; not the other way round. */
function namesThatApprove({ operation, subject }: Loss): readonly string[] {
  const vhost = /^queue [^@]*(@.*)$/s.exec(subject)?.[1];
  const names = [subject, ...(vhost === undefined ? [] : [`queue *${vhost}`])];
  return operation === 'delete' ? names : [...names, ...names.map((name) => `recreate ${name}`)];
}

/** A token agrees to a loss of some size: to a smaller one as well, not to a larger one. */
function validTokens(loss: Loss): ReadonlySet<string> {
  const tokens = new Set<string>();
  for (let digits = digitsOf(loss.messages); digits <= DIGITS_MAX; digits++) {
    for (const isInUse of loss.isInUse ? [true] : [false, true]) tokens.add(tokenOf(loss, digits, isInUse));
  }
  return tokens;
}

function tokenOf({ operation, subject, shape }: Loss, digits: number, isInUse: boolean): string {
  const covered = canonicalJson([operation, subject, shape, digits, isInUse]);
  return `#${createHash('sha256').update(covered).digest('hex').slice(0, 8)}`;
}

/** 0, then one for up to 9 messages, two for up to 99, and so on. */
function digitsOf(messages: number): number {
  return messages === 0 ? 0 : Math.min(DIGITS_MAX, String(messages).length);
}

/** How to approve the loss, as the end of a sentence in a refusal: `approve the loss with …`. */
export function howToApprove(loss: Loss, verdict: Verdict): string {
  const name = loss.operation === 'delete' ? loss.subject : `recreate ${loss.subject}`;
  const token = tokenOf(loss, digitsOf(loss.messages), loss.isInUse);
  const stale =
    verdict === 'stale'
      ? ' The token that was given for it is stale: its type, arguments or use have changed since, or it holds more messages.'
      : '';
  return (
    `\`${name}\`, or for as long as it stays as it is with \`${name} ${token}\` ` +
    `(in the setting \`approve\` of the stack, or in the environment variable WARREN_APPROVE).${stale}`
  );
}

/** Whether the loss of this queue is approved whatever there is: then nothing needs to be counted. */
export function isApprovedByName(
  { vhost, name }: { readonly vhost: string; readonly name: string },
  approvals: Approvals,
): boolean {
  const subject = subjectOfQueue(vhost, name);
  const all = { operation: 'delete', subject, shape: null, messages: Infinity, isInUse: true } as const;
  return verdictOn(all, approvals) === 'approved';
}
