/** `warren import --adopt`: what is on a stack's broker goes into its state, and the broker isn't touched. */
import { ADOPTING_VARIABLE } from '../../broker/api/environment';
import { matchesPassword } from '../../broker/kinds/passwords';
import { readSnapshot } from '../../broker/snapshot';
import type { Snapshot } from '../../broker/snapshot';
import { unmanaged } from '../../topology/unmanaged';
import type { ObjectsByKind } from '../../topology/unmanaged';
import { adoptionOf } from '../adoption';
import { renderAdoption, type AdoptionContext } from '../adoptionReport';
import { withoutCheckpoints } from '../checkpoints';
import { configArguments } from '../configFile';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';
import { pulumiVersion, runPulumiQuietly } from '../pulumi';
import {
  absentUsers,
  exportedStack,
  knownObjects,
  loadTopology,
  openStackBroker,
  readConfig,
  readOutputs,
  withBrokerNames,
} from '../stackBroker';
import type { StackConfig, StackOutputs } from '../stackBroker';
import { wasUp } from '../stackState';
import type { ExportedStack } from '../stackState';
import { UserError } from '../userError';

export interface AdoptOptions {
  readonly adopt?: boolean;
  readonly stack?: string;
  readonly configFile?: string;
}

/** Of an import that writes a topology. */
const OTHER_OPTIONS = ['target', 'vhost', 'output', 'force'] as const;

/** The stack says which broker, which topology, and who logs in. */
export async function adopt(source: string | undefined, options: AdoptOptions): Promise<number> {
  const stack = checkedStack(source, options);
  const further = configArguments(options.configFile);
  const [config, before] = await Promise.all([readConfig(stack, further), exportedStack(stack)]);
  const loaded = loadTopology(stack, config);
  refuseAfterUp(stack, before);
  createProgress()(`reading the broker into the state of stack ${stack}; nothing is written to the broker`);
  const failure = await readIntoState(stack, further);
  if (failure !== undefined) return failure;

  const [exported, outputs] = await Promise.all([exportedStack(stack, '--show-secrets'), readOutputs(stack)]);
  const broker = await openStackBroker(config, outputs);
  try {
    const snapshot = await readSnapshot(broker);
    const adoption = adoptionOf(exported, withBrokerNames(loaded.objects, config));
    const context = {
      stack,
      endpoint: outputs.management,
      admin: administratorIn(snapshot, outputs),
      absentUsers: absentUsers(config),
      usernames: usernamesIn(snapshot),
      brokerNames: brokerNames(loaded, config),
      strangers: strangersOf(loaded, config, snapshot),
    };
    process.stdout.write(renderAdoption(adoption, context));
  } finally {
    await broker.close();
  }
  return ExitCode.ok;
}

function checkedStack(source: string | undefined, options: AdoptOptions): string {
  const { stack } = options;
  const way = 'npx warren import --adopt --stack STACK';
  if (source !== undefined) {
    throw new UserError(
      `--adopt takes no source: the stack says where its broker is (endpoint), and what of it is meant (topology). Write: ${way}`,
    );
  }
  if (stack === undefined) throw new UserError(`--adopt needs the stack whose state it writes: ${way}`);
  const given = options as Readonly<Record<string, unknown>>;
  const other = OTHER_OPTIONS.find((name) => given[name] !== undefined);
  if (other !== undefined || given.families === false) {
    throw new UserError(
      `--${other ?? 'no-families'} is for an import that writes a topology; --adopt takes the stack's own. Write: ${way}`,
    );
  }
  return stack;
}

/** What such a stack holds it may have made itself: an adoption would forget what it is to delete. */
function refuseAfterUp(stack: string, exported: ExportedStack): void {
  if (!wasUp(exported)) return;
  throw new UserError(
    `stack ${stack} has been up, so its state is what it should be, and nothing was done. What is on the broker and in the topology since then is adopted by an \`up\`, which shows before what it will change: npx warren preview --stack ${stack}`,
  );
}

/** The exit code where that didn't work; the reason is told. */
async function readIntoState(stack: string, further: readonly string[]): Promise<number | undefined> {
  const { variables } = withoutCheckpoints('up', await pulumiVersion(), process.env);
  const args = ['up', '--yes', '--skip-preview', '--non-interactive', '--json', '--stack', stack];
  const { exitCode, stdout, stderr } = await runPulumiQuietly(stack, [...args, ...further], {
    ...variables,
    [ADOPTING_VARIABLE]: stack,
  });
  const said = diagnosticsIn(stdout);
  const of = (severity: string): readonly string[] => [
    ...new Set(said.filter((diagnostic) => diagnostic.severity === severity).map(({ message }) => message)),
  ];
  for (const warning of of('warning')) process.stderr.write(`${warning}\n`);
  if (exitCode === 0) return undefined;
  if (exitCode === ExitCode.interrupted) {
    process.stderr.write('Interrupted. Nothing was written to the broker; run it again, it goes on.\n');
    return exitCode;
  }
  const errors = of('error');
  const reasons = errors.length > 0 ? errors : [stderr.trim().replace(/^error: /, '')];
  throw new UserError(`not adopted, and nothing was written to the broker: ${reasons.join('\n')}`);
}

interface Diagnostic {
  readonly severity: string;
  readonly message: string;
}

/** Pulumi writes its events, one in a line. */
function diagnosticsIn(events: string): readonly Diagnostic[] {
  return events.split('\n').flatMap((line) => {
    if (!line.includes('"diagnosticEvent"')) return [];
    const { diagnosticEvent: found } = JSON.parse(line) as {
      readonly diagnosticEvent?: Diagnostic & { readonly ephemeral?: boolean };
    };
    return found === undefined || found.ephemeral === true
      ? []
      : [{ severity: found.severity, message: found.message.trim() }];
  });
}

type Loaded = ReturnType<typeof loadTopology>;

function administratorIn(snapshot: Snapshot, { admin }: StackOutputs): AdoptionContext['admin'] {
  const { username: name, password } = admin;
  const hash = snapshot.passwordHash(name);
  if (hash === undefined) return { name, is: 'missing' };
  return { name, is: matchesPassword(hash, password) ? 'there' : 'foreign' };
}

function usernamesIn(snapshot: Snapshot): ReadonlySet<string> {
  return new Set(snapshot.objects().flatMap((object) => (object.kind === 'user' ? [object.name] : [])));
}

function brokerNames({ objects }: Loaded, config: StackConfig): ReadonlyMap<string, readonly string[]> {
  const users = objects.filter((object) => object.kind === 'user');
  return new Map(
    users.map((user) => [
      user.name,
      withBrokerNames([user], config).flatMap((object) => (object.kind === 'user' ? [object.name] : [])),
    ]),
  );
}

function strangersOf({ objects, topology }: Loaded, config: StackConfig, snapshot: Snapshot): ObjectsByKind {
  return unmanaged(knownObjects(objects, config), topology, {
    objects: snapshot.objects(),
    isExclusive: (queue) => snapshot.isExclusive(queue),
  }).byKind;
}
