/** `warren doctor`: does it work from here, with these credentials? */
import { randomBytes } from 'node:crypto';
import { isBrokerError } from '../../broker/api/errors';
import * as permissionsOf from '../../broker/kinds/permissions';
import { queueFigures } from '../../broker/figures/queueFigures';
import type { AmqpSettings } from '../../broker/amqp/address';
import { readLiveTopology, type LiveTopology } from '../dlq/surroundings';
import { checkNetwork } from '../doctor/network';
import { Checks, type Check, type CheckState } from '../doctor/checks';
import { planTrial, type Around } from '../doctor/plan';
import { tryUser } from '../doctor/trial';
import { ExitCode } from '../exitCodes';
import type { Login } from '../firstLogin';
import { printable } from '../humanText';
import { openOperated, type Operated, type OperatedOptions } from '../operated';
import { UserError } from '../userError';

export interface DoctorOptions extends OperatedOptions {
  readonly vhost?: string;
  readonly json?: boolean;
}

export async function doctor(options: DoctorOptions): Promise<number> {
  const { json = false, user, ...others } = options;
  const done: Check[] = [];
  const onCheck = (check: Check): void => {
    if (!json) process.stdout.write(lineOf(check, done.at(-1)));
    done.push(check);
  };
  // At a URL there is no user to choose, and openOperated says so.
  const chosen = options.live === undefined || user === undefined ? {} : { user };
  const operated = await manage(new Checks('broker', onCheck), { ...others, ...chosen });
  if (operated !== undefined) {
    try {
      await examine(operated, { onCheck, ...(user === undefined ? {} : { user }), options });
    } finally {
      await operated.close();
    }
  }
  const isFine = done.every(({ state }) => state !== 'failed');
  if (json) process.stdout.write(`${JSON.stringify({ version: 1, isFine, checks: done }, undefined, 2)}\n`);
  else process.stdout.write(summaryOf(done));
  return isFine ? ExitCode.ok : ExitCode.findings;
}

/** A broker that can't be reached is what it is for; a stack that isn't there is a wrong question. */
async function manage(checks: Checks, options: OperatedOptions): Promise<Operated | undefined> {
  const managed = await checks.step('management', async () => {
    const operated = await openOperated(options);
    const { broker, version } = operated;
    return { operated, text: `${broker.endpoint} takes ${broker.username} (RabbitMQ ${version})` };
  });
  return managed?.operated;
}

interface Examination {
  readonly onCheck: (check: Check) => void;
  readonly user?: string;
  readonly options: DoctorOptions;
}

async function examine(operated: Operated, { onCheck, user, options }: Examination): Promise<void> {
  const amqp = await operated.amqp();
  const network = new Checks('broker', onCheck);
  await checkNetwork(network, amqp, operated.amqpBy);
  if (network.done.some(({ state }) => state === 'failed')) return;
  const [live, figures] = await Promise.all([readLiveTopology(operated), queueFigures(operated.broker)]);
  const asked = { ...options, ...(user === undefined ? {} : { user }) };
  const subjects = await subjectsOf(operated, amqp, asked);
  if (subjects.length === 0 && options.vhost !== undefined) throw nobodyIn(options.vhost, operated, user);
  for (const subject of subjects) {
    const checks = new Checks(`${subject.user} in vhost ${subject.vhost}`, onCheck);
    await tryIn(checks, operated, { amqp, live, figures, subject });
  }
}

interface Subject {
  /** As the topology calls it. */
  readonly user: string;
  readonly vhost: string;
  readonly login: Login;
}

/** Every user of the topology in every vhost that it may enter; at a URL, the login that is given. */
async function subjectsOf(
  { known, broker }: Operated,
  { username, password }: AmqpSettings,
  { user, vhost }: DoctorOptions,
): Promise<readonly Subject[]> {
  const isMeant = (subject: Subject): boolean => vhost === undefined || subject.vhost === vhost;
  if (known === undefined) {
    const all = await permissionsOf.list(broker);
    const own = all.filter((one) => one.user === username).map((one) => one.vhost);
    return own.map((one) => ({ user: username, vhost: one, login: { username, password } })).filter(isMeant);
  }
  const users = Object.entries(known.outputs.users ?? {});
  if (user !== undefined && !users.some(([name]) => name === user)) {
    throw new UserError(
      `the stack has no user "${user}"; it has ${users.map(([name]) => name).join(', ') || 'none'}`,
    );
  }
  return users
    .filter(([name]) => user === undefined || name === user)
    .flatMap(([name, login]) => login.vhosts.map((one) => ({ user: name, vhost: one, login })))
    .filter(isMeant);
}

/** Nothing tried is nothing that works. */
function nobodyIn(vhost: string, { known, broker }: Operated, user: string | undefined): UserError {
  const who =
    known === undefined
      ? `user "${broker.username}"`
      : user === undefined
        ? 'no user of the topology'
        : `user "${user}"`;
  const may = known === undefined || user !== undefined ? 'may not enter' : 'may enter';
  return new UserError(
    `${who} ${may} the vhost "${vhost}", so there is nothing to try: is its name right? Without --vhost, every vhost is tried`,
  );
}

interface Trial {
  readonly amqp: AmqpSettings;
  readonly live: LiveTopology;
  readonly figures: Around['figures'];
  readonly subject: Subject;
}

async function tryIn(
  checks: Checks,
  { broker, known }: Operated,
  { amqp, live, figures, subject }: Trial,
): Promise<void> {
  const { vhost, login } = subject;
  const settings = { ...amqp, username: login.username, password: login.password };
  const routed = live.vhosts.get(vhost);
  const permissions = await permissionsOf.read(broker, vhost, login.username).catch((error: unknown) => {
    if (isBrokerError(error)) return undefined;
    throw error;
  });
  const nothing = { configure: '^$', write: '^$', read: '^$' };
  const restricted = live.objects.flatMap((object) =>
    object.kind === 'topicPermissions' && object.user === login.username && object.vhost === vhost
      ? object.exchanges.map(({ exchange }) => exchange)
      : [],
  );
  const families = known?.topology.vhosts.find(({ name }) => name === vhost)?.families ?? [];
  const probe = `warren.doctor.${randomBytes(4).toString('hex')}`;
  const plan =
    routed === undefined
      ? { declare: NO_VHOST, publish: NO_VHOST, consume: NO_VHOST }
      : planTrial(
          permissions ?? nothing,
          {
            ...{ vhost: routed, figures, restricted: new Set(restricted) },
            families: families.map(({ template }) => template),
          },
          probe,
        );
  await tryUser(checks, settings, { vhost, plan });
}

const NO_VHOST = { because: 'the vhost is not on the broker' };

const MARKS: Readonly<Record<CheckState, string>> = { ok: '✓', failed: '✗', 'not-tried': '–' };
const STEP_WIDTH = 11;

/** As a table of contents: what it is about, and then what was tried. */
function lineOf({ subject, step, state, text }: Check, before: Check | undefined): string {
  const title =
    before?.subject === subject ? '' : `${before === undefined ? '' : '\n'}${printable(subject)}\n`;
  const shown = state === 'not-tried' ? `not tried: ${text}` : text;
  return `${title}  ${MARKS[state]} ${step.padEnd(STEP_WIDTH)} ${printable(shown)}\n`;
}

function summaryOf(checks: readonly Check[]): string {
  const failed = checks.filter(({ state }) => state === 'failed').length;
  const tried = checks.filter(({ state }) => state !== 'not-tried').length;
  return failed === 0 ? `\nAll ${tried} checks passed.\n` : `\n${failed} of ${tried} checks failed.\n`;
}
