/** What the sections of a topology hold: where named objects stand, and how a message speaks of them. */
import type { Path } from '../source/index';

interface Section {
  /** `*` stands for any name; the last one is the object's own. */
  readonly pattern: readonly string[];
  readonly noun: string;
  /** Several files may say something about it; all others are one object, which one file defines as a whole. */
  readonly isShared: boolean;
}

const OBJECTS: readonly (readonly [pattern: string, noun: string])[] = [
  ['globalParameters.*', 'global parameter'],
  ['workers.*', 'worker'],
  ['users.*.permissions.*', 'permissions for the vhost'],
  ['users.*.topicPermissions.*.*', 'topic permissions for the exchange'],
  ['vhosts.*.exchanges.*', 'exchange'],
  ['vhosts.*.queues.*', 'queue'],
  ['vhosts.*.families.*', 'queue family'],
  ['vhosts.*.superStreams.*', 'super stream'],
  ['vhosts.*.policies.*', 'policy'],
  ['vhosts.*.operatorPolicies.*', 'operator policy'],
  ['vhosts.*.federationUpstreams.*', 'federation upstream'],
  ['vhosts.*.federationUpstreamSets.*', 'set of federation upstreams'],
  ['vhosts.*.shovels.*', 'shovel'],
  ['vhosts.*.parameters.*.*', 'parameter'],
];
const SHARED: readonly (readonly [pattern: string, noun: string])[] = [
  ['vhosts.*', 'vhost'],
  ['users.*', 'user'],
];

const SECTIONS: readonly Section[] = [
  ...SHARED.map(([pattern, noun]) => ({ pattern: pattern.split('.'), noun, isShared: true })),
  ...OBJECTS.map(([pattern, noun]) => ({ pattern: pattern.split('.'), noun, isShared: false })),
];

/** The section whose objects stand at such a path. */
function sectionAt(path: Path): Section | undefined {
  return SECTIONS.find(
    ({ pattern }) =>
      pattern.length === path.length && pattern.every((step, index) => step === '*' || step === path[index]),
  );
}

/** Whether a named object stands at the path: a vhost, a user, a queue, … */
export function isObject(path: Path): boolean {
  return sectionAt(path) !== undefined;
}

/** Whether what stands at the path is an object that one file defines as a whole. */
export function isWhole(path: Path): boolean {
  return sectionAt(path)?.isShared === false;
}

/** `queue`, for the path of a queue; the last key where no named object stands. */
export function nounOf(path: Path): string {
  return sectionAt(path)?.noun ?? String(path.at(-1));
}

/** `the queue "paid" in the vhost "shop"`, `"ttl" of the queue "paid"`, `"broker.heartbeat"`. */
export function describePath(path: Path): string {
  for (let length = path.length; length > 0; length -= 1) {
    const section = sectionAt(path.slice(0, length));
    if (section === undefined) continue;
    const object = `the ${section.noun} "${String(path[length - 1])}"`;
    if (length < path.length) return `"${path.slice(length).join('.')}" of ${object}`;
    const owner = section.isShared ? undefined : describeOwner(path);
    return owner === undefined ? object : `${object} ${owner}`;
  }
  return `"${path.join('.')}"`;
}

function describeOwner([section, name]: Path): string | undefined {
  if (section === 'vhosts') return `in the vhost "${String(name)}"`;
  return section === 'users' ? `of the user "${String(name)}"` : undefined;
}
