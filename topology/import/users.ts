/** Users under the names of a topology, whose stack adds the generation of the credential (`shop-g1`) by itself. */
import type { BrokerObject } from '../objects';
import { canonicalJson, identityKey, withoutPlace } from '../objects';
import type { LeftOut } from './leftOut';

export interface NamedUsers {
  readonly objects: readonly BrokerObject[];
  readonly leftOut: readonly LeftOut[];
  /** What several generations of one user don't agree on, by the user. */
  readonly disagreements: ReadonlyMap<string, readonly string[]>;
}

const GENERATION = /^(.+)-g([1-9]\d*)$/s;
/** Made by every stack, for itself. */
const STACK_ADMIN = 'warren-admin';

export function nameUsers(objects: readonly BrokerObject[]): NamedUsers {
  const names = topologyNames(objects);
  const leftOut: LeftOut[] = [];
  const kept = objects.filter((object) => {
    const why = whyLeftOut(object, names);
    if (why !== undefined) leftOut.push({ object, why });
    return why === undefined;
  });
  const disagreements = new Map<string, string[]>();
  const byKey = new Map<string, BrokerObject>();
  for (const object of [...kept].sort((a, b) => generationOf(b) - generationOf(a))) {
    const renamed = rename(object, names);
    const key = identityKey(renamed);
    const earlier = byKey.get(key);
    if (earlier === undefined) byKey.set(key, renamed);
    else if (isOther(earlier, renamed)) {
      const user = userOf(renamed) ?? '';
      disagreements.set(user, [...(disagreements.get(user) ?? []), userOf(object) ?? '']);
    }
  }
  return { objects: [...byKey.values()], leftOut, disagreements };
}

/** By the name on the broker. One whose short name somebody else has keeps its own. */
function topologyNames(objects: readonly BrokerObject[]): ReadonlyMap<string, string> {
  const all = new Set(objects.flatMap((object) => userOf(object) ?? []));
  return new Map(
    [...all].map((name) => {
      const base = GENERATION.exec(name)?.[1];
      return [name, base === undefined || all.has(base) ? name : base];
    }),
  );
}

function userOf(object: BrokerObject): string | undefined {
  if (object.kind === 'user') return object.name;
  return 'user' in object ? object.user : undefined;
}

function generationOf(object: BrokerObject): number {
  return Number(GENERATION.exec(userOf(object) ?? '')?.[2] ?? 0);
}

function whyLeftOut(object: BrokerObject, names: ReadonlyMap<string, string>): string | undefined {
  const name = userOf(object);
  if (name === undefined) return undefined;
  if (name === 'guest') {
    return 'a stack deletes guest: give whoever logs in as guest a user of its own first';
  }
  return names.get(name) === STACK_ADMIN && name !== STACK_ADMIN
    ? 'every stack makes its administrator itself'
    : undefined;
}

function rename(object: BrokerObject, names: ReadonlyMap<string, string>): BrokerObject {
  const nameOf = (user: string): string => names.get(user) ?? GENERATION.exec(user)?.[1] ?? user;
  if (object.kind === 'user') return { ...object, name: nameOf(object.name) };
  if ('user' in object) return { ...object, user: nameOf(object.user) };
  if (object.kind !== 'parameter' || object.logins === undefined) return object;
  const logins = Object.entries(object.logins).map(([key, user]) => [key, nameOf(user)] as const);
  return { ...object, logins: Object.fromEntries(logins) };
}

function isOther(a: BrokerObject, b: BrokerObject): boolean {
  return canonicalJson(withoutPlace(a)) !== canonicalJson(withoutPlace(b));
}
