/** The users of a rotation whose clients live outside of the stack. */
import { describeUse, usersInUse } from '../../broker/figures/credentialUse';
import type { Broker } from '../../broker/api/transport';
import { brokerNames, type StackOutputs } from '../stackBroker';
import { UserError } from '../userError';
import {
  handOversOf,
  refuseCommitted,
  refuseUnwritable,
  writeLogin,
  type HandedLogin,
  type HandOver,
} from './handOver';
import { isMade, newestOf, olderOf, type UserGenerations } from './plan';
import { removeSettings, writeSetting, type SettingPath } from './settingsFile';
import type { RotatedStack } from './stack';

export class HandOvers {
  readonly #byUser: Map<string, HandOver>;

  constructor(
    private readonly stack: Pick<RotatedStack, 'config' | 'settingsFile'>,
    private readonly say: (line: string) => void,
  ) {
    this.#byUser = new Map(handOversOf(stack.config));
  }

  has(user: string): boolean {
    return this.#byUser.has(user);
  }

  /** Whether its clients have the new login, and nothing is left to an `up` but the end of the old one. */
  isUnderWay(one: UserGenerations): boolean {
    return isMade(one) && this.#byUser.get(one.user)?.until !== undefined;
  }

  /** Whether the deadline of its clients is still to come. */
  isInTime(user: string): boolean {
    const until = this.#byUser.get(user)?.until;
    return until !== undefined && until.getTime() > Date.now();
  }

  /** @throws UserError before anything is done */
  check(users: readonly UserGenerations[]): void {
    for (const { user } of users) {
      const handOver = this.#byUser.get(user);
      if (handOver === undefined) continue;
      refuseUnwritable(handOver);
      refuseCommitted(handOver);
      const other = [...this.#byUser.values()].find((one) => one !== handOver && one.file === handOver.file);
      if (other === undefined) continue;
      throw new UserError(
        `handOver: ${other.user} and ${user} name the same file ${handOver.file}, and one login would be written over the other. Give each one of its own`,
      );
    }
  }

  /** Once in a rotation: the file may be gone again, for whoever it was for has it. */
  write(users: readonly UserGenerations[], outputs: StackOutputs): void {
    for (const { user } of users) {
      const [handOver, login] = [this.#byUser.get(user), loginIn(outputs, user)];
      if (handOver === undefined || login === undefined || handOver.until !== undefined) continue;
      const until = new Date(Date.now() + handOver.withinMs);
      writeLogin(handOver, login, until);
      writeSetting(this.stack.settingsFile, ['handOver', user, 'until'], until.toISOString());
      this.#byUser.set(user, { ...handOver, until });
      this.say(
        `the new login of ${user} is in ${handOver.file}; the old one stays until ${until.toISOString()}`,
      );
    }
  }

  /** The old logins are gone already, whatever their deadlines were. */
  replace(users: readonly UserGenerations[], outputs: StackOutputs): void {
    for (const { user } of users) {
      const [handOver, login] = [this.#byUser.get(user), loginIn(outputs, user)];
      if (handOver === undefined || login === undefined) continue;
      writeLogin(handOver, login, undefined);
      this.say(`the new login of ${user} is in ${handOver.file}; the old one is gone`);
    }
    removeSettings(this.stack.settingsFile, this.dropDeadlines(users));
  }

  /** By user, why the old login stays: until the deadline, or until the new one is in use and the old one isn't. */
  async waiting(broker: Broker, users: readonly UserGenerations[]): Promise<Map<string, string>> {
    const staying = new Map<string, string>();
    for (const one of users) {
      const until = this.#byUser.get(one.user)?.until;
      if (until === undefined || until.getTime() <= Date.now()) continue;
      const old = await describeUse(broker, brokerNames(one.user, olderOf(one)));
      const next = await usersInUse(broker, brokerNames(one.user, [newestOf(one.wanted)]));
      if (old === undefined && next.length > 0) continue;
      const seen = old ?? 'nobody has been seen with the new login';
      staying.set(one.user, `until ${until.toISOString()}: ${seen}`);
    }
    return staying;
  }

  /**
   * Their rotation is over; or another one begins, and a deadline that the last one left behind would mean that the new
   * login had been handed over.
   * @returns where they stand, to be taken out of the settings
   */
  dropDeadlines(users: readonly UserGenerations[]): readonly SettingPath[] {
    return users.flatMap(({ user }): SettingPath[] => {
      const handOver = this.#byUser.get(user);
      if (handOver?.until === undefined) return [];
      const { at, file, withinMs } = handOver;
      this.#byUser.set(user, { user, at, file, withinMs });
      return [['handOver', user, 'until']];
    });
  }
}

function loginIn({ users, amqp }: StackOutputs, user: string): HandedLogin | undefined {
  const login = users?.[user];
  return login === undefined ? undefined : { ...login, ...(amqp === undefined ? {} : { amqp }) };
}
