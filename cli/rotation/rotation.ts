/**
 * The course of a rotation. At every moment at least one login of each user works that its clients have, and whatever
 * ends this process, the stack's settings and state say where it stands: run again, it goes on from there.
 */
import * as path from 'node:path';
import { describeUse } from '../../broker/credentialUse';
import type { Broker } from '../../broker/transport';
import * as users from '../../broker/users';
import { hasChanges, lifecycle } from '../commands/lifecycle';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';
import { openStackBroker, readConfig, readOutputs, type StackOutputs } from '../stackBroker';
import { UserError } from '../userError';
import { drained } from './draining';
import { HandOvers } from './handOvers';
import { newestOf, olderOf, withNext, type Plan, type UserGenerations } from './plan';
import { brokerNames, refuseGivenPasswords } from './names';
import { writeGenerations } from './settingsFile';
import type { RotatedStack } from './stack';

export interface RotationOptions {
  readonly drainMs: number;
  /** Whether the first `up` may change something else, too. */
  readonly mayChange: boolean;
  readonly hasCheckpoints: boolean;
}

const say = createProgress();
/** RabbitMQ closes the connections of a user that it deletes. */
const CLOSING_MS = 30_000;

export class Rotation {
  /** As they are once the rotation is begun. */
  readonly #users: readonly UserGenerations[];
  readonly #handOvers: HandOvers;

  constructor(
    private readonly stack: RotatedStack,
    private readonly plan: Plan,
    private readonly options: RotationOptions,
  ) {
    this.#users = plan.isNew ? plan.users.map((one) => ({ ...one, wanted: withNext(one) })) : plan.users;
    this.#handOvers = new HandOvers(stack, say);
  }

  /** What `run` would do, in steps; changes nothing. */
  async describe(): Promise<string> {
    const [file, goes] = [this.#shownFile(), this.#going().join(', ')];
    const broker = await this.#broker();
    try {
      const use = await describeUse(broker, this.#going());
      const minutes = Math.round(this.options.drainMs / 6_000) / 10;
      return [
        `  1. ${file} gets ${listsOf(this.#users)}`,
        `  2. up: makes ${this.#coming().join(', ')}; all that the stack itself runs changes over, one worker after the other`,
        `  3. wait, for ${minutes} minutes at most, until nobody is logged in as ${goes}; now ${use ?? 'nobody is'}`,
        `  4. ${file} gets ${listsOf(this.#users.map(settled))}`,
        `  5. up: deletes ${goes}`,
        'This was a dry run: nothing was changed.\n',
      ].join('\n');
    } finally {
      await broker.close();
    }
  }

  async run(): Promise<number> {
    await this.#begin();
    const exitCode = await this.#up(
      'the new logins, and whoever of the stack uses them',
      'Old and new logins work.',
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
    const others = this.#users.filter(({ user }) => user !== this.stack.adminUser);
    const admins = this.#users.filter(({ user }) => user === this.stack.adminUser);
    this.#handOvers.check(this.#users);
    if (this.plan.isNew) refuseGivenPasswords(this.stack, this.#users);
    const before = await readOutputs(stack);
    this.#write([...others.map(settled), ...admins]);
    await this.#cutOff(await this.#broker(before), others.flatMap(oldNames));
    const why = 'The old logins are gone; clients of the stack are without one until this went through.';
    const exitCode = await this.#up('new logins in place of those that were revoked', why);
    if (exitCode !== 0) return exitCode;
    const outputs = await readOutputs(stack);
    this.#handOvers.write(this.#users, outputs);
    if (admins.length > 0) {
      await this.#cutOff(await this.#broker(outputs), admins.flatMap(oldNames));
      const result = await this.#end(admins);
      if (result !== 0) return result;
    }
    this.#handOvers.forget(this.#users);
    return this.#conclude(this.#users, new Map());
  }

  async #begin(): Promise<void> {
    this.#handOvers.check(this.#users);
    if (!this.plan.isNew) return;
    refuseGivenPasswords(this.stack, this.#users);
    if (!this.options.mayChange) await this.#refuseChanges();
    this.#write(this.#users);
  }

  /** A rotation changes logins: what else waits for an `up` would come along unseen. */
  async #refuseChanges(): Promise<void> {
    const { stack, configArguments } = this.stack;
    say('looking whether anything else waits for an up');
    if (!(await hasChanges(stack, configArguments))) return;
    throw new UserError(
      `stack ${stack} has changes that wait for an \`up\`, and a rotation changes logins alone. See them with \`npx warren preview --stack ${stack}\`, and bring them up first; or let them come along with --with-changes`,
    );
  }

  #write(list: readonly UserGenerations[]): void {
    writeGenerations(
      this.stack.settingsFile,
      Object.fromEntries(list.map(({ user, wanted }) => [user, wanted])),
    );
    say(`${this.#shownFile()}: ${listsOf(list)}`);
  }

  async #up(goal: string, standing: string): Promise<number> {
    const { stack, configArguments } = this.stack;
    say(`up: ${goal}`);
    const further = ['--yes', '--skip-preview', ...configArguments];
    const exitCode = await lifecycle('up', { stack, checkpoints: this.options.hasCheckpoints }, further);
    if (exitCode !== 0) {
      process.stderr.write(
        `warren: the rotation stands still: its \`up\` failed, see above. ${standing} When that is mended, the same command goes on from here.\n`,
      );
    }
    return exitCode;
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
    this.#write(list.map(settled));
    this.#handOvers.forget(list);
    return this.#up(`the end of ${list.flatMap(oldNames).join(', ')}`, 'The new logins work.');
  }

  #conclude(over: readonly UserGenerations[], staying: ReadonlyMap<string, string>): number {
    if (over.length > 0) {
      const names = over.map(({ user, wanted }) => brokerNames(user, [newestOf(wanted)]).join(''));
      process.stdout.write(
        `Rotated: ${names.join(', ')}. The stack's settings ${this.#shownFile()} have changed: commit them.\n`,
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
    try {
      for (const name of usernames) await users.remove(broker, name);
      say(`revoked: ${usernames.join(', ')}`);
      const left = await drained({ broker, usernames, timeoutMs: CLOSING_MS, say });
      if (left !== undefined) say(`the broker hasn't closed all connections yet: ${left}`);
    } finally {
      await broker.close();
    }
  }

  async #broker(outputs?: StackOutputs): Promise<Broker> {
    const { stack, configArguments } = this.stack;
    return openStackBroker(await readConfig(stack, configArguments), outputs ?? (await readOutputs(stack)));
  }

  #going(): readonly string[] {
    return this.#users.flatMap(oldNames);
  }

  #coming(): readonly string[] {
    return this.#users.flatMap(({ user, wanted }) => brokerNames(user, [newestOf(wanted)]));
  }

  #shownFile(): string {
    const relative = path.relative(process.cwd(), this.stack.settingsFile);
    return relative.startsWith('..') ? this.stack.settingsFile : relative;
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
