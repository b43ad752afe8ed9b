/** Why a change is what it is: the closed list of codes, each with its class. Programs may rely on them. */
import type { ChangeClass, Reason } from './model';

export const REASONS = {
  // Messages or objects are lost.
  'queue-deleted': 'destructive',
  'queue-renamed': 'destructive',
  'published-meanwhile': 'destructive',
  'stream-recreated': 'destructive',
  'exchange-deleted': 'destructive',
  'vhost-deleted': 'destructive',
  'binding-removed': 'destructive',
  'limit-discards': 'destructive',
  'overflow-discards': 'destructive',
  'queue-expires': 'destructive',
  'dead-letters-dropped': 'destructive',
  'dead-letters-at-most-once': 'destructive',
  'unrouted-dropped': 'destructive',
  'unknown-setting': 'destructive',
  'policy-gap': 'destructive',
  'shovel-loses': 'destructive',
  // Clients are cut off or refused.
  'queue-recreated': 'disruptive',
  'exchange-recreated': 'disruptive',
  'publishers-refused': 'disruptive',
  'consumers-cut': 'disruptive',
  'dead-letters-redirected': 'disruptive',
  'unrouted-redirected': 'disruptive',
  'keys-moved': 'disruptive',
  'links-changed': 'disruptive',
  'copies-changed': 'disruptive',
  'limit-lowered': 'disruptive',
  'default-type-changed': 'disruptive',
  'protection-removed': 'disruptive',
  'user-deleted': 'disruptive',
  'tags-removed': 'disruptive',
  'access-narrowed': 'disruptive',
  'parameter-changed': 'disruptive',
  // Access is widened.
  'access-widened': 'security',
  'access-everything': 'security',
  'tags-added': 'security',
  'guest-user': 'security',
  'plain-text': 'security',
  'peer-unverified': 'security',
  'password-in-uri': 'security',
  // Worth knowing.
  'limit-raised': 'safe',
  'same-access': 'none',
  'same-effect': 'none',
  'covered-binding': 'none',
  'left-as-it-is': 'none',
} as const satisfies Readonly<Record<string, ChangeClass>>;

export type ReasonCode = keyof typeof REASONS;

export function reason(code: ReasonCode, why: string, instead?: string): Reason {
  return { code, class: REASONS[code], why, ...(instead === undefined ? {} : { instead }) };
}
