/** The users of a rotation whose clients live outside of the stack. */
import { describeUse, usersInUse } from '../../broker/credentialUse';
import type { Broker } from '../../broker/transport';
import type { StackOutputs } from '../stackBroker';
import { handOversOf, refuseCommitted, writeLogin, type HandOver } from './handOver';
import { brokerNames } from './names';
import { newestOf, olderOf, type UserGenerations } from './plan';
import { removeSetting, writeSetting } from './settingsFile';
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

  /** Whether the deadline of its clients is still to come. */
  isInTime(user: string): boolean {
    const until = this.#byUser.get(user)?.until;
    return until !== undefined && until.getTime() > Date.now();
  }

  /** @throws UserError before anything is done */
  check(users: readonly UserGenerations[]): void {
    for (const { user } of users) {
      const handOver = this.#byUser.get(user);
      if (handOver !== undefined) refuseCommitted(handOver);
    }
  }

  /** Once in a rotation: the file may be gone again, for whoever it was for has it. */
  write(users: readonly UserGenerations[], { users: logins, amqp }: StackOutputs): void {
    for (const { user } of users) {
      const [handOver, login] = [this.#byUser.get(user), logins?.[user]];
      if (handOver === undefined || login === undefined || handOver.until !== undefined) continue;
      const until = new Date(Date.now() + handOver.withinMs);
      writeLogin(handOver, { ...login, ...(amqp === undefined ? {} : { amqp }) }, until);
      writeSetting(this.stack.settingsFile, ['handOver', user, 'until'], until.toISOString());
      this.#byUser.set(user, { ...handOver, until });
      this.say(
        `the new login of ${user} is in ${handOver.file}; the old one stays until ${until.toISOString()}`,
      );
    }
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

  /** The rotation is over for them. */
  forget(users: readonly UserGenerations[]): void {
    for (const { user } of users) {
      const handOver = this.#byUser.get(user);
      if (handOver?.until === undefined) continue;
      removeSetting(this.stack.settingsFile, ['handOver', user, 'until']);
      this.#byUser.set(user, { user, file: handOver.file, withinMs: handOver.withinMs });
    }
  }
}
