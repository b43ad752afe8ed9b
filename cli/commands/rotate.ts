/**
 * `warren rotate`: new logins beside the old ones, everybody over to them, and only then the end of the old ones. The
 * same for what the nodes of a stack's own cluster have: certificates and the Erlang cookie.
 */
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';
import { RotatedCluster } from '../rotation/cluster';
import {
  planAuthority,
  planCertificate,
  planCookie,
  type ClusterPlan,
  type ClusterSecret,
} from '../rotation/clusterPlan';
import { ClusterRotation } from '../rotation/clusterRotation';
import { handOversOf } from '../rotation/handOver';
import { Operations } from '../rotation/operations';
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
  readonly authority?: boolean;
  readonly certificate?: boolean;
  readonly cookie?: boolean;
}

export async function rotate(options: RotateOptions): Promise<number> {
  const secrets = CLUSTER_SECRETS.filter((secret) => options[secret] === true);
  const [secret] = secrets;
  if (secret === undefined) return rotateLogins(options);
  const others = [
    ...secrets.slice(1),
    ...(options.user.length > 0 ? ['user'] : []),
    ...(options.role.length > 0 ? ['role'] : []),
  ];
  if (others.length > 0) {
    throw new UserError(`--${secret} and --${others[0]} are two rotations: one after the other, please`);
  }
  return rotateOfCluster(secret, options);
}

async function rotateLogins(options: RotateOptions): Promise<number> {
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

const CLUSTER_SECRETS = ['authority', 'certificate', 'cookie'] as const;

/** What the nodes of the stack's own cluster have. */
async function rotateOfCluster(secret: ClusterSecret, options: RotateOptions): Promise<number> {
  const isEmergency = options.now === true;
  if (isEmergency && secret !== 'authority') {
    throw new UserError(
      `--${secret} --now: this rotation waits for nobody and cuts nobody off, so there is no quicker one. Leave out --now`,
    );
  }
  if (isEmergency && options.finish === true) {
    throw new UserError('--now begins and ends at once, and --finish begins nothing: leave out one of them');
  }
  const rotated = await readStack(options.stack, options.configFile);
  const cluster = new RotatedCluster(rotated, secret);
  const plan = planFor(secret, cluster, isEmergency);
  if (options.finish === true && plan.isNew) {
    process.stdout.write(`No rotation of the ${secret} of stack ${options.stack} is under way.\n`);
    return ExitCode.ok;
  }
  const say = createProgress();
  const operations = new Operations(
    rotated,
    { mayChange: options.withChanges === true, hasCheckpoints: options.checkpoints === true },
    say,
  );
  const { stack, settingsFile } = rotated;
  const parts = { stack, settingsFile, cluster, secret, plan, operations, say, isEmergency };
  const rotation = new ClusterRotation(parts);
  process.stdout.write(
    plan.isNew
      ? `Rotation of the ${secret} in stack ${stack}.\n`
      : `Stack ${stack} is in the middle of a rotation of its ${secret}, which goes on.\n`,
  );
  if (options.dryRun !== true) return rotation.run();
  process.stdout.write(rotation.describe());
  return ExitCode.ok;
}

function planFor(secret: ClusterSecret, cluster: RotatedCluster, isEmergency: boolean): ClusterPlan {
  if (secret === 'authority') return planAuthority(cluster.authorities, isEmergency);
  return secret === 'certificate' ? planCertificate(cluster.certificate) : planCookie(cluster.cookie);
}

function introduction(stack: string, { isNew, users, begun, waiting }: Plan): string {
  const goesOn = users.filter(({ user }) => !begun.includes(user));
  const names = goesOn.map(({ user }) => user).join(', ');
  const head = isNew
    ? `Rotation in stack ${stack}: ${begun.join(', ')}.\n${names === '' ? '' : `Under way from before: ${names}.\n`}`
    : `Stack ${stack} is in the middle of a rotation, which goes on: ${names}.\n`;
  return waiting.length === 0 ? head : `${head}Not begun with before that is over: ${waiting.join(', ')}.\n`;
}
