/** Users and what they may do: patterns are compared as the sets of names that they take, not as texts. */
import { DEFAULT_EXCHANGE, PREDECLARED_EXCHANGES, quoteList } from '../names';
import type { ObjectOfKind } from '../objects';
import { comparePatterns } from '../patterns/languages';
import { NOTHING_PATTERN } from '../patterns/namesPattern';
import { escapeRegex } from '../patterns/brokerRegex';
import { isAtLeast } from '../target';
import { USER_TAGS } from '../userTags';
import type { Reason } from './model';
import { reason } from './reasons';
import { permits } from './sideIndex';
import type { Permission } from './sideIndex';
import type { Sides } from './vhostPair';

const EVERYTHING = '.*';

const VERBS: Readonly<Record<Permission, string>> = {
  configure: 'declare and delete',
  write: 'write to',
  read: 'read from',
};

interface Comparison {
  readonly isWider: boolean;
  readonly isNarrower: boolean;
  /** Names of the topology; else one that there could be. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** Undefined patterns are those of a user who has no permissions in the vhost. */
export function permissionReasons(
  before: ObjectOfKind<'permissions'> | undefined,
  after: ObjectOfKind<'permissions'> | undefined,
  sides: Sides,
): Reason[] {
  const { user, vhost } = after ?? before ?? { user: '', vhost: '' };
  const names = namesIn(sides, vhost);
  const who = `user ${JSON.stringify(user)}`;
  const reasons = (['configure', 'write', 'read'] as const).flatMap((permission): Reason[] => {
    const [old, now] = [before?.[permission] ?? '', after?.[permission] ?? ''];
    const { isWider, isNarrower, gained, lost } = compareAccess(old, now, names);
    const verb = VERBS[permission];
    return [
      ...(isWider ? [widened(`The ${who} may ${verb}`, gained, now, old)] : []),
      ...(isNarrower
        ? [
            reason(
              'access-narrowed',
              `The ${who} may not ${verb} ${listed(lost)} any more (${permission}, vhost ${JSON.stringify(vhost)}): who does so is refused.`,
              'See that no client of this user needs it before it goes.',
            ),
          ]
        : []),
    ];
  });
  const where = `the vhost ${JSON.stringify(vhost)}`;
  if (after === undefined) {
    return [
      ...reasons,
      reason(
        'access-narrowed',
        `The ${who} can't connect to ${where} any more: it is refused.`,
        'See that no client of this user connects there before its permissions go.',
      ),
    ];
  }
  // Patterns that take nothing still let their user in.
  if (before === undefined && reasons.length === 0) {
    const asks = isAtLeast(sides.head.target, '4.3')
      ? ''
      : ', and ask for the number of messages in any queue there';
    return [
      reason('access-widened', `The ${who} may connect to ${where}${asks}.`, 'See that this is meant.'),
    ];
  }
  if (reasons.length > 0 || before === undefined) return reasons;
  return [reason('same-access', 'The patterns are written otherwise, and take the same names.')];
}

function widened(beginning: string, gained: readonly string[], now: string, old: string): Reason {
  if (takesEverything(now) && !takesEverything(old)) {
    return reason(
      'access-everything',
      `${beginning} everything there is and will be (${now}).`,
      'Name what is needed with `roles:`, from which exact patterns follow.',
    );
  }
  return reason('access-widened', `${beginning} ${listed(gained)}, too.`, 'See that this is meant.');
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'other names' : quoteList(names, 6);
}

function takesEverything(pattern: string): boolean {
  if (pattern === '') return false;
  const comparison = comparePatterns(EVERYTHING, pattern);
  return comparison !== undefined && comparison.onlyA === undefined;
}

function compareAccess(old: string, now: string, names: readonly string[]): Comparison {
  const gained = names.filter((name) => permits(now, name) && !permits(old, name));
  const lost = names.filter((name) => permits(old, name) && !permits(now, name));
  if (old === now) return { isWider: false, isNarrower: false, gained, lost };
  const [a, b] = [old === '' ? NOTHING_PATTERN : old, now === '' ? NOTHING_PATTERN : now];
  const comparison = comparePatterns(a, b);
  // What can't be compared is thought to be both.
  if (comparison === undefined) return { isWider: true, isNarrower: true, gained, lost };
  const { onlyA, onlyB } = comparison;
  return {
    isWider: onlyB !== undefined,
    isNarrower: onlyA !== undefined,
    gained: gained.length > 0 || onlyB === undefined ? gained : [onlyB],
    lost: lost.length > 0 || onlyA === undefined ? lost : [onlyA],
  };
}

/** Everything of either side that a permission can be about. */
function namesIn({ base, head }: Sides, vhost: string): string[] {
  const names = [base, head].flatMap((side) => {
    const index = side.vhosts.get(vhost);
    if (index === undefined) return [];
    return [...index.parts.queues.keys(), ...index.exchanges.keys()];
  });
  return [...new Set([...names, DEFAULT_EXCHANGE, ...PREDECLARED_EXCHANGES])];
}

/** An exchange that isn't named is open for every routing key. */
export function topicReasons(
  before: ObjectOfKind<'topicPermissions'> | undefined,
  after: ObjectOfKind<'topicPermissions'> | undefined,
): Reason[] {
  const { user = '', vhost = '' } = after ?? before ?? {};
  const patternsOf = (
    side: typeof before,
  ): ReadonlyMap<string, { readonly write: string; readonly read: string }> =>
    new Map(side?.exchanges.map((each) => [each.exchange, each]));
  const [old, now] = [patternsOf(before), patternsOf(after)];
  const exchanges = [...new Set([...old.keys(), ...now.keys()])];
  return exchanges.flatMap((exchange) =>
    (['write', 'read'] as const).flatMap((permission): Reason[] => {
      const patterns = [old.get(exchange), now.get(exchange)].map((each) =>
        each === undefined ? EVERYTHING : expanded(each[permission], user, vhost),
      );
      const [a = '', b = ''] = patterns;
      const { isWider, isNarrower, gained, lost } = compareAccess(a, b, []);
      const verb = permission === 'write' ? 'publish to' : 'bind with';
      const where = `of exchange ${JSON.stringify(exchange)}`;
      return [
        ...(isWider
          ? [widened(`The user ${JSON.stringify(user)} may ${verb} routing keys ${where}: `, gained, b, a)]
          : []),
        ...(isNarrower
          ? [
              reason(
                'access-narrowed',
                `The user ${JSON.stringify(user)} may not ${verb} routing keys such as ${listed(lost)} ${where} any more.`,
                'See that no client of this user needs it before it goes.',
              ),
            ]
          : []),
      ];
    }),
  );
}

/** RabbitMQ puts the user's name and the vhost's in. */
function expanded(pattern: string, user: string, vhost: string): string {
  return pattern.replaceAll('{username}', escapeRegex(user)).replaceAll('{vhost}', escapeRegex(vhost));
}

/** What a tag allows besides its own. */
const INCLUDED: Readonly<Record<string, readonly string[]>> = {
  administrator: ['monitoring', 'policymaker', 'management'],
  monitoring: ['management'],
  policymaker: ['management'],
};

function allowedBy(tags: readonly string[]): ReadonlySet<string> {
  return new Set(
    tags.flatMap((tag) => [tag, ...(Object.hasOwn(INCLUDED, tag) ? (INCLUDED[tag] ?? []) : [])]),
  );
}

export function userReasons(
  before: ObjectOfKind<'user'> | undefined,
  after: ObjectOfKind<'user'> | undefined,
): Reason[] {
  const name = (after ?? before)?.name ?? '';
  const who = `The user ${JSON.stringify(name)}`;
  const [old, now] = [before?.tags ?? [], after?.tags ?? []];
  const [hadAlready, stillHas] = [allowedBy(old), allowedBy(now)];
  const added = now.filter((tag) => !hadAlready.has(tag));
  const removed = old.filter((tag) => !stillHas.has(tag));
  const isWrittenOtherwise =
    added.length + removed.length === 0 &&
    (old.some((tag) => !now.includes(tag)) || now.some((tag) => !old.includes(tag)));
  if (after === undefined) {
    return [
      reason(
        'user-deleted',
        `${who} is deleted: its connections are closed, and it can't log in again.`,
        'Move its clients to another user first, and delete it when it has no connection left.',
      ),
    ];
  }
  return [
    ...(before === undefined && name === 'guest'
      ? [
          reason(
            'guest-user',
            'The user "guest" is made, whose password everybody knows.',
            'Give each service a user of its own, and none this name.',
          ),
        ]
      : []),
    ...added.map((tag) =>
      reason('tags-added', `${who} ${USER_TAGS.get(tag) ?? 'has a further tag'} (tag ${tag}).`),
    ),
    ...(removed.length === 0
      ? []
      : [
          reason(
            'tags-removed',
            `${who} loses ${quoteList(removed)}: the management API refuses it what that allowed.`,
          ),
        ]),
    ...(isWrittenOtherwise ? [reason('same-access', 'The tags are others, and allow the same.')] : []),
  ];
}
