/**
 * `warren.CredentialDrain`: a user goes when nobody is logged in as it any more. Everything that hands the newer
 * credential to clients is what it depends on; what it lets pass is deleted at the end of the operation.
 */
import type { Inputs } from '../../inputs';
import type { StepType } from '../../stepType';
import {
  howToApprove,
  subjectOfUser,
  verdictOn,
  type Approvals,
  type Loss,
} from '../../../broker/guards/approvals';
import { describeUse, usersInUse } from '../../../broker/figures/credentialUse';
import type { Broker } from '../../../broker/api/transport';
import { UserError } from '../../userError';
import { waitFor } from './waiting';

interface CredentialDrain {
  /** By user of the topology: the names on the broker of its generations. */
  readonly users: UserNames;
  readonly timeoutSeconds: number;
  /**
   * Those that went when this was passed. An operation that fails after that deletes nobody, and clients may come back
   * until the next one: it looks again.
   */
  readonly leaving: UserNames;
}

/** A map, for a user may be called `constructor`, which every object has. */
type UserNames = ReadonlyMap<string, readonly string[]>;

/** Bookkeeping of the state: no input, and no difference. */
const LEAVING = '__leaving';

interface Going {
  /** Another generation of the user stays: its clients are on their way to that one. */
  readonly replaced: readonly string[];
  /** Nothing of the user stays, so there is nothing to wait for. */
  readonly removed: readonly string[];
}

export const credentialDrainStep: StepType<CredentialDrain> = {
  token: 'warren:index:CredentialDrain',
  parse: (inputs) => ({
    users: namesIn(inputs, 'users'),
    timeoutSeconds: inputs.integer('timeoutSeconds'),
    leaving: namesIn(inputs, LEAVING),
  }),
  isDue: async ({ session }, passed) => {
    const { replaced, removed } = unapproved(goingFrom(passed, passed), session.approvals);
    const names = [...replaced, ...removed];
    return names.length > 0 && (await usersInUse(await session.logIn(), names)).length > 0;
  },
  pass: async (call, step, before) => {
    if (before === undefined) return;
    const { replaced, removed } = unapproved(goingFrom(before, step), call.session.approvals);
    if (removed.length > 0)
      await refuseWhileUsed(await call.session.logIn(), removed, call.session.approvals);
    const inUse = replaced.length === 0 ? [] : await usersInUse(await call.session.logIn(), replaced);
    if (inUse.length === 0) return;
    const approval = inUse.map((name) => `\`${subjectOfUser(name)}\``).join(', ');
    await waitFor(call, {
      goal: `the end of ${inUse.join(', ')}`,
      timeoutSeconds: step.timeoutSeconds,
      wayOut: `Nothing was taken from anybody: the old logins work beside the new ones. Give these clients the new login, or approve cutting them off with ${approval} (in the setting \`approve\` of the stack, or in the environment variable WARREN_APPROVE).`,
      look: (broker) => describeUse(broker, replaced),
    });
  },
  noted: ({ session }, step, before) => {
    const { replaced, removed } = unapproved(goingFrom(before, step), session.approvals);
    return { [LEAVING]: leavingFrom(before, [...replaced, ...removed]) };
  },
  foresee: async ({ session, warn }, step, before) => {
    const going = unapproved(goingFrom(before, step), session.approvals);
    const names = [...going.replaced, ...going.removed];
    if (names.length === 0) return;
    const use = await describeUse(await session.logIn(), names);
    if (use === undefined) return;
    const next =
      going.removed.length > 0
        ? 'An `up` refuses to cut them off unless it is approved.'
        : `An \`up\` gives the newer login to what the stack itself runs, and waits up to ${step.timeoutSeconds} s for the others.`;
    await warn(`${use}. ${next}`);
  },
};

function namesIn(inputs: Inputs, path: string): UserNames {
  const entries = Object.entries(inputs.named(path));
  return new Map(entries.map(([user, names]) => [user, Array.isArray(names) ? names.map(String) : []]));
}

/** Who was there, and who was on the way out. */
function namesBefore({ users, leaving }: CredentialDrain): [string, readonly string[]][] {
  const all = [...new Set([...users.keys(), ...leaving.keys()])];
  return all.map((user) => [user, [...new Set([...(users.get(user) ?? []), ...(leaving.get(user) ?? [])])]]);
}

/** By user, of these names. Whose end was approved is nobody to look for again. */
function leavingFrom(before: CredentialDrain, going: readonly string[]): Record<string, string[]> {
  const entries = namesBefore(before).map(([user, names]): [string, string[]] => [
    user,
    names.filter((name) => going.includes(name)),
  ]);
  return Object.fromEntries(entries.filter(([, names]) => names.length > 0));
}

/** What `before` had and `step` has no more. */
export function goingFrom(before: CredentialDrain, step: CredentialDrain): Going {
  const gone = namesBefore(before).map(([user, names]) => {
    const staying = step.users.get(user) ?? [];
    return { isReplaced: staying.length > 0, names: names.filter((name) => !staying.includes(name)) };
  });
  const namesOf = (isReplaced: boolean): string[] =>
    gone.filter((entry) => entry.isReplaced === isReplaced).flatMap(({ names }) => names);
  return { replaced: namesOf(true), removed: namesOf(false) };
}

function lossOf(name: string): Loss {
  return { operation: 'delete', subject: subjectOfUser(name), shape: null, messages: 0, isInUse: true };
}

function unapproved({ replaced, removed }: Going, approvals: Approvals): Going {
  const isWanted = (name: string): boolean => verdictOn(lossOf(name), approvals) !== 'approved';
  return { replaced: replaced.filter(isWanted), removed: removed.filter(isWanted) };
}

async function refuseWhileUsed(
  broker: Broker,
  names: readonly string[],
  approvals: Approvals,
): Promise<void> {
  for (const name of names) {
    const use = await describeUse(broker, [name]);
    if (use === undefined) continue;
    const loss = lossOf(name);
    throw new UserError(
      `Refused to delete the user ${name}: ${use}. Stop these clients first, or approve cutting them off with ${howToApprove(loss, verdictOn(loss, approvals))}`,
    );
  }
}
