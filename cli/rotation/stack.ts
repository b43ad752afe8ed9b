/** What a rotation knows of its stack: who has which logins, and who is to get new ones. */
import { nearest, quoteList } from '../../topology/names';
import type { Topology } from '../../topology/model';
import { configArguments, settingsFileOf } from '../configFile';
import {
  adminUserOf,
  exportedStack,
  generationsOf,
  loadTopology,
  readConfig,
  type StackConfig,
} from '../stackBroker';
import { usernamesIn, wasUp, type ExportedStack } from '../stackState';
import { UserError } from '../userError';
import type { UserGenerations } from './plan';

/** A name of the stack's program: the only user beside the topology's and the administrator. */
const SCALER_USER = 'warren-scaler';

export interface RotatedStack {
  readonly stack: string;
  readonly settingsFile: string;
  /** For `pulumi`. */
  readonly configArguments: readonly string[];
  readonly config: StackConfig;
  readonly topology: Topology;
  readonly adminUser: string;
  readonly users: readonly UserGenerations[];
  /** Its state. */
  readonly exported: ExportedStack;
}

/** @throws UserError where the stack can't be read, or was never up */
export async function readStack(stack: string, configFile: string | undefined): Promise<RotatedStack> {
  const [config, exported] = await Promise.all([
    readConfig(stack, configArguments(configFile)),
    exportedStack(stack),
  ]);
  const { topology } = loadTopology(stack, config);
  if (!wasUp(exported)) {
    throw new UserError(
      `stack ${stack} has no logins yet, so there is nothing to rotate. Make them with: npx warren up --stack ${stack}`,
    );
  }
  const adminUser = adminUserOf(config);
  const made = madeGenerations(usernamesIn(exported));
  // Beside the topology's: the administrator, and what a platform needs for itself.
  const named = new Set([...topology.users.map(({ name }) => name), adminUser]);
  const own = [...made.keys()].filter((user) => user === SCALER_USER && !named.has(user));
  const users = [...named, ...own].map((user) => ({
    user,
    wanted: generationsOf(config, user),
    made: made.get(user) ?? [],
  }));
  return {
    ...{ stack, config, topology, adminUser, users, exported },
    configArguments: configArguments(configFile),
    settingsFile: settingsFileOf(stack, configFile),
  };
}

/** By user, from names such as `celery-g2`. */
function madeGenerations(usernames: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const made = new Map<string, number[]>();
  for (const name of usernames) {
    const [, user, generation] = /^(.+)-g(\d+)$/s.exec(name) ?? [];
    if (user !== undefined) made.set(user, [...(made.get(user) ?? []), Number(generation)]);
  }
  return made;
}

export interface Selection {
  readonly users?: readonly string[];
  readonly roles?: readonly string[];
}

/** Everybody, where nobody is named. @throws UserError where somebody is that the stack doesn't have */
export function selectUsers(
  { users, topology, stack, adminUser }: RotatedStack,
  selection: Selection,
): string[] {
  const known = users.map(({ user }) => user);
  const { users: named = [], roles = [] } = selection;
  if (named.length === 0 && roles.length === 0) return known;
  const unknown = named.find((user) => !known.includes(user));
  if (unknown !== undefined) throw new UserError(unknownUser(stack, unknown, known));
  const byRole = roles.flatMap((role) => {
    if (!isRole(role))
      throw new UserError(`--role ${role}: there is no such role. It is one of ${ROLES.join(', ')}`);
    const own = topology.users.filter((user) => user.roles.some((entry) => isPlayed(entry[role])));
    if (own.length === 0) {
      const hint = role === 'administrator' ? `; the stack's own administrator is --user ${adminUser}` : '';
      throw new UserError(`--role ${role}: no user of the topology has it${hint}`);
    }
    return own.map(({ name }) => name);
  });
  return known.filter((user) => named.includes(user) || byRole.includes(user));
}

const ROLES = ['publisher', 'subscriber', 'consumer', 'owner', 'celery', 'monitor', 'administrator'] as const;

function isRole(word: string): word is (typeof ROLES)[number] {
  return ROLES.some((role) => role === word);
}

function isPlayed(part: boolean | readonly string[]): boolean {
  return typeof part === 'boolean' ? part : part.length > 0;
}

function unknownUser(stack: string, user: string, known: readonly string[]): string {
  const base = /^(.+)-g\d+$/s.exec(user)?.[1];
  const meant = base !== undefined && known.includes(base) ? base : nearest(user, known);
  const hint = meant === undefined ? `It has: ${quoteList(known)}` : `Did you mean ${meant}?`;
  return `--user ${user}: stack ${stack} has no such user. ${hint}`;
}
