/**
 * The course of a rotation. At every moment at least one login of each user works that its clients have, and whatever
 * ends this process, the stack's settings and state say where it stands: run again, it goes on from there.
 */
import { describeUse } from '../../broker/figures/credentialUse';
import type { Broker } from '../../broker/api/transport';
import * as users from '../../broker/kinds/users';
import { formatDuration } from '../../topology/units';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';
import { brokerNames, openStackBroker, readOutputs, type StackOutputs } from '../stackBroker';
import { drained } from './draining';
import { HandOvers } from './handOvers';
import { Operations, type OperationOptions } from './operations';
import { newestOf, olderOf, withNext, type Plan, type UserGenerations } from './plan';
import { refuseGivenPasswords } from './names';
import { writeGenerations, type SettingPath } from './settingsFile';
import type { RotatedStack } from './stack';

export interface RotationOptions extends OperationOptions {
  readonly drainMs: number;
}

const say = createProgress();
/** RabbitMQ closes the connections of a user that it deletes. */
const CLOSING_MS = 30_000;

export class Rotation {
  /** As they are once the rotation is begun. */
  readonly #users: readonly UserGenerations[];
  readonly #handOvers: HandOvers;
  readonly #operations: Operations;
  /** What the settings say as far as we know: another rotation may write there, too. */
  readonly #written: Map<string, readonly number[]>;

  constructor(
    private readonly stack: RotatedStack,
    private readonly plan: Plan,
    private readonly options: RotationOptions,
  ) {
    this.#users = plan.users.map((one) => (this.#isBegun(one) ? { ...one, wanted: withNext(one) } : one));
    this.#handOvers = new HandOvers(stack, say);
    this.#operations = new Operations(stack, options, say);
    this.#written = new Map(plan.users.map(({ user, wanted }) => [user, wanted]));
  }

  /** What `run` would do, in steps; changes nothing. */
  async describe(isNow: boolean): Promise<string> {
    this.#refuseFaults();
    const [file, goes] = [this.#operations.settingsFile, this.#going().join(', ')];
    const broker = await this.#broker();
    try {
      const use = await describeUse(broker, this.#going());
      const last = 'This was a dry run: nothing was changed.\n';
      const coming = this.#coming().join(', ');
      if (isNow) {
        return [
          `  1. ${file} gets ${listsOf(this.#users.map(settled))}`,
          `  2. deletes ${goes} (the administrator's only after 3), and cuts off who is logged in; now ${use ?? 'nobody is'}`,
          `  3. up: makes ${coming}; all that the stack itself runs changes over`,
          last,
        ].join('\n');
      }
      return [
        `  1. ${file} gets ${listsOf(this.#users)}`,
        `  2. up: makes ${coming}; all that the stack itself runs changes over, one worker after the other`,
        `  3. wait, for ${formatDuration(this.options.drainMs)} at most, until nobody is logged in as ${goes}; now ${use ?? 'nobody is'}`,
        `  4. ${file} gets ${listsOf(this.#users.map(settled))}`,
        `  5. up: deletes ${goes}`,
        last,
      ].join('\n');
    } finally {
      await broker.close();
    }
  }

  async run(): Promise<number> {
    await this.#begin();
    const exitCode = await this.#operations.up(
      'the new logins, and whoever of the stack uses them',
      'Nobody has lost a login.',
    );
    if (exitCode !== 0) return exitCode;
    const outputs = await readOutputs(this.stack.stack);
    this.#handOvers.write(this.#users, outputs);
    const broker = await this.#broker(outputs);
    try {
      const staying = await this.#drain(broker);
      const over = this.#users.filter(({ user }) => !staying.has(user));
      const result = over.length === 0 ? 0 : await this.#end(over);
      if (result !== 0) return result;
      return this.#conclude(over, staying);
    } finally {
      await broker.close();
    }
  }

  /** The old logins end first, and whoever uses them is cut off. */
  async revoke(): Promise<number> {
    const { stack } = this.stack;
    const isAdmin = ({ user }: UserGenerations): boolean => user === this.stack.adminUser;
    const admins = this.#users.filter(isAdmin);
    const others = this.#users.filter((one) => !isAdmin(one));
    this.#refuseFaults();
    // Who is cut off is without a login until the `up` is through: it must not be one that is going to fail.
    if (this.plan.isNew) await this.#operations.refuseChanges('logins');
    const broker = await this.#broker(await readOutputs(stack));
    try {
      this.#write([...others.map(settled), ...admins], this.#handOvers.dropDeadlines(this.#begun()));
      await this.#cutOff(broker, others.flatMap(oldNames));
    } finally {
      await broker.close();
    }
    const why = 'The old logins are gone; clients of the stack are without one until this went through.';
    const exitCode = await this.#operations.up('new logins in place of those that were revoked', why);
    if (exitCode !== 0) return exitCode;
    const outputs = await readOutputs(stack);
    this.#handOvers.replace(this.#users, outputs);
    if (admins.length > 0) {
      const asNewest = await this.#broker(outputs);
      await this.#cutOff(asNewest, admins.flatMap(oldNames)).finally(() => asNewest.close());
      const result = await this.#end(admins);
      if (result !== 0) return result;
    }
    return this.#conclude(this.#users, new Map());
  }

  async #begin(): Promise<void> {
    this.#refuseFaults();
    // Of any other that goes on, the `up` itself may have failed halfway.
    const isKnown = this.plan.isNew || this.#users.every((one) => this.#handOvers.isUnderWay(one));
    if (isKnown) await this.#operations.refuseChanges('logins');
    if (!this.plan.isNew) return;
    this.#write(this.#users, this.#handOvers.dropDeadlines(this.#begun()));
  }

  #refuseFaults(): void {
    this.#handOvers.check(this.#users);
    refuseGivenPasswords(this.stack, this.#begun());
  }

  #isBegun({ user }: UserGenerations): boolean {
    return this.plan.begun.includes(user);
  }

  #begun(): readonly UserGenerations[] {
    return this.#users.filter((one) => this.#isBegun(one));
  }

  #write(list: readonly UserGenerations[], removed: readonly SettingPath[]): void {
    const generations = new Map(list.map(({ user, wanted }) => [user, wanted]));
    writeGenerations(this.stack.settingsFile, generations, this.#written, removed);
    for (const [user, wanted] of generations) this.#written.set(user, wanted);
    say(`${this.#operations.settingsFile}: ${listsOf(list)}`);
  }

  /** By user, why its old login stays for now. */
  async #drain(broker: Broker): Promise<ReadonlyMap<string, string>> {
    const staying = await this.#handOvers.waiting(broker, this.#users);
    const own = this.#users.filter(({ user }) => !staying.has(user) && !this.#handOvers.has(user));
    const names = own.flatMap(oldNames);
    await drained({ broker, usernames: names, timeoutMs: this.options.drainMs, say });
    for (const one of this.#users.filter(({ user }) => !staying.has(user))) {
      const use = await describeUse(broker, oldNames(one));
      if (use !== undefined) staying.set(one.user, use);
    }
    return staying;
  }

  async #end(list: readonly UserGenerations[]): Promise<number> {
    this.#write(list.map(settled), this.#handOvers.dropDeadlines(list));
    return this.#operations.up(`the end of ${list.flatMap(oldNames).join(', ')}`, 'The new logins work.');
  }

  #conclude(over: readonly UserGenerations[], staying: ReadonlyMap<string, string>): number {
    if (over.length > 0) {
      const names = over.map(({ user, wanted }) => brokerNames(user, [newestOf(wanted)]).join(''));
      process.stdout.write(
        `Rotated: ${names.join(', ')}. The stack's settings ${this.#operations.settingsFile} have changed: commit them.\n`,
      );
    }
    if (staying.size === 0) return ExitCode.ok;
    const lines = [...staying].map(([user, why]) => `  ${user}: ${why}\n`);
    const isLate = [...staying.keys()].some((user) => !this.#handOvers.isInTime(user));
    process.stdout.write(
      `Not over, old and new logins both work:\n${lines.join('')}` +
        'The same command goes on from here; with --now it cuts off whoever is left.\n',
    );
    return isLate ? ExitCode.stillInUse : ExitCode.ok;
  }

  async #cutOff(broker: Broker, usernames: readonly string[]): Promise<void> {
    if (usernames.length === 0) return;
    for (const name of usernames) await users.remove(broker, name);
    say(`revoked: ${usernames.join(', ')}`);
    const left = await drained({ broker, usernames, timeoutMs: CLOSING_MS, say });
    if (left !== undefined) say(`the broker hasn't closed all connections yet: ${left}`);
  }

  async #broker(outputs?: StackOutputs): Promise<Broker> {
    const { stack, config } = this.stack;
    return openStackBroker(config, outputs ?? (await readOutputs(stack)));
  }

  #going(): readonly string[] {
    return this.#users.flatMap(oldNames);
  }

  #coming(): readonly string[] {
    return this.#users.flatMap(({ user, wanted }) => brokerNames(user, [newestOf(wanted)]));
  }
}

function settled(one: UserGenerations): UserGenerations {
  return { ...one, wanted: [newestOf(one.wanted)] };
}

function oldNames(one: UserGenerations): readonly string[] {
  return brokerNames(one.user, olderOf(one));
}

function listsOf(list: readonly UserGenerations[]): string {
  return `generations of ${list.map(({ user, wanted }) => `${user}: [${wanted.join(', ')}]`).join(', ')}`;
}
