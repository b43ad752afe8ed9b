/** `warren rotate`: new logins beside the old ones, everybody over to them, and only then the end of the old ones. */
import { ExitCode } from '../exitCodes';
import { handOversOf } from '../rotation/handOver';
import { planRotation, planToFinish, type Plan } from '../rotation/plan';
import { Rotation } from '../rotation/rotation';
import { readStack, selectUsers } from '../rotation/stack';
import { UserError } from '../userError';
import { parseDurationMs } from '../../topology/units';

export interface RotateOptions {
  readonly stack: string;
  readonly user: readonly string[];
  readonly role: readonly string[];
  readonly configFile?: string;
  readonly drainTimeout: string;
  readonly dryRun?: boolean;
  readonly finish?: boolean;
  readonly now?: boolean;
  readonly withChanges?: boolean;
  readonly checkpoints?: boolean;
}

export async function rotate(options: RotateOptions): Promise<number> {
  const drainMs = parseDurationMs(options.drainTimeout);
  if (drainMs === undefined) {
    throw new UserError(`--drain-timeout ${options.drainTimeout} is no duration, e.g. 90s, 10m or 1h`);
  }
  const stack = await readStack(options.stack, options.configFile);
  const asked = selectUsers(stack, { users: options.user, roles: options.role });
  const handOvers = handOversOf(stack.config);
  const plan =
    options.finish === true
      ? planToFinish(stack.users, asked)
      : planRotation(stack.users, asked, (user) => handOvers.get(user)?.until !== undefined);
  if (plan.users.length === 0) {
    process.stdout.write(`Nobody of stack ${options.stack} is in the middle of a rotation.\n`);
    return ExitCode.ok;
  }
  const rotation = new Rotation(stack, plan, {
    drainMs,
    mayChange: options.withChanges === true,
    hasCheckpoints: options.checkpoints === true,
  });
  process.stdout.write(introduction(options.stack, plan));
  if (options.dryRun === true) {
    process.stdout.write(await rotation.describe(options.now === true));
    return ExitCode.ok;
  }
  return options.now === true ? rotation.revoke() : rotation.run();
}

function introduction(stack: string, { isNew, users, begun, waiting }: Plan): string {
  const goesOn = users.filter(({ user }) => !begun.includes(user));
  const names = goesOn.map(({ user }) => user).join(', ');
  const head = isNew
    ? `Rotation in stack ${stack}: ${begun.join(', ')}.\n${names === '' ? '' : `Under way from before: ${names}.\n`}`
    : `Stack ${stack} is in the middle of a rotation, which goes on: ${names}.\n`;
  return waiting.length === 0 ? head : `${head}Not begun with before that is over: ${waiting.join(', ')}.\n`;
}
