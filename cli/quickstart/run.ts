/** The quickstart's way up: engine, broker, stack, `pulumi up`, proof, and how to go on. */
import * as path from 'node:path';
import { canLogIn, readOverview } from '../../broker/figures/overview';
import { list as listPolicies } from '../../broker/kinds/policies';
import { list as listQueues } from '../../broker/kinds/queues';
import { openBroker, type Broker } from '../../broker/api/transport';
import type { Target } from '../../topology/index';
import type { BrokerObject } from '../../topology/objects';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { ensureEngine } from '../../tools/engine/index';
import { startLocalBroker } from '../../tools/localBroker/index';
import { CHECKOUT } from '../checkout';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';
import { pulumiVariables, runPulumi } from '../pulumi';
import { colorWanted } from '../terminal';
import { loadTopologyFile } from '../topologyFile';
import { UserError } from '../userError';
import { openAsFirst, type Login } from '../firstLogin';
import { readAmqpPort, targetOf } from './brokerAccess';
import { countLastChanges, readOutputs, type StackOutputs } from './lastUpdate';
import { readChoice, readLeftAdministrator, refuseOtherBroker, rememberChoice } from './memory';
import type { QuickstartOptions } from './options';
import { prove, type ProofResult } from './proof';
import { chooseProof } from './proofTask';
import { exportLines, otherPolicies, queueTable } from './report';
import { ensureQuickstartStack, setBootstrapLogin, stackExists } from './stackConfig';
import { brokerFolder, ensureStateFolder, QUICKSTART_STACK } from './stateFolder';

const GUEST: Login = { username: 'guest', password: 'guest' };

interface BrokerAddress {
  readonly endpoint: string;
  readonly hostname: string;
  readonly bootstrap: Login;
  /** Known for our own broker (a container's port inside is another one); else the broker is asked. */
  readonly amqpPort?: number;
}

export async function runQuickstart(options: QuickstartOptions): Promise<number> {
  const topologyFile = path.resolve(CHECKOUT, options.topology);
  // What is wrong with the wishes is told before anything is installed or started.
  loadTopology(topologyFile);
  const given = options.broker === undefined ? undefined : parseBrokerUrl(options.broker);
  refuseOtherBroker(given?.endpoint);
  ensureStateFolder();

  step('Pulumi’s engine');
  const engine = await ensureEngine({ onProgress: createProgress() });
  say(`Pulumi ${engine.version} from ${engine.source === 'PATH' ? 'PATH' : engine.binFolder}`);

  step('RabbitMQ');
  const address = given ?? (await startPrivateBroker(options));
  const left = readLeftAdministrator(address.endpoint);
  const wasUp = (await stackExists()) ? await readOutputs() : undefined;
  const broker = await openAsFirst({ endpoint: address.endpoint }, [
    ...(wasUp === undefined ? [] : [wasUp.admin]),
    ...(left === undefined ? [] : [left]),
    address.bootstrap,
  ]);
  const overview = await readOverview(broker);
  const amqpPort = address.amqpPort ?? (await readAmqpPort(broker));
  await broker.close();
  if (amqpPort === undefined)
    throw new UserError(`the broker at ${address.endpoint} has no listener for AMQP clients`);
  say(`RabbitMQ ${overview.version}: AMQP ${address.hostname}:${amqpPort}, management ${address.endpoint}`);

  step(`Stack ${QUICKSTART_STACK}: pulumi up`);
  const known = readChoice();
  rememberChoice({ kind: given === undefined ? 'private' : 'given', endpoint: address.endpoint });
  const isNew = await ensureQuickstartStack(
    {
      topology: path.relative(CHECKOUT, topologyFile),
      target: targetOf(overview),
      endpoint: address.endpoint,
      amqp: `amqp://${address.hostname}:${amqpPort}`,
    },
    left?.seed,
  );
  if (given !== undefined) await setBootstrapLogin(given.bootstrap);
  // A refresh works with the address in the state: one that has changed must get there first.
  const refresh = !isNew && known?.endpoint === address.endpoint ? ['--refresh'] : [];
  const upExitCode = await runPulumi(QUICKSTART_STACK, [
    ...['up', '--yes', '--suppress-outputs', '--stack', QUICKSTART_STACK],
    ...refresh,
  ]);
  if (upExitCode !== 0) return upExitCode;
  const changes = await countLastChanges();
  if (changes === 0) say('Nothing to change: the broker is what the topology says.');

  const outputs = await readOutputs();
  if (outputs === undefined) throw new UserError('the stack has no outputs after `up`');
  const objects = loadTopology(topologyFile, targetOf(overview));
  const admin = openBroker({ endpoint: address.endpoint, ...outputs.admin });
  try {
    const isProved = await showProof(admin, { ...address, amqpPort }, objects, outputs);
    await showContents(admin, objects);
    await showNextSteps(outputs);
    if (options.json)
      process.stdout.write(`${JSON.stringify(summary(outputs, objects, address, amqpPort))}\n`);
    return isProved ? ExitCode.ok : ExitCode.proofFailed;
  } finally {
    await admin.close();
  }
}

/** @throws UserError with all diagnostics */
function loadTopology(file: string, target?: Target): readonly BrokerObject[] {
  const shown = path.relative(process.cwd(), file);
  const options = target === undefined ? {} : { target };
  const { objects, diagnostics, sources } = loadTopologyFile(shown, options);
  if (objects !== undefined) return objects;
  const color = colorWanted(process.stderr);
  const report = renderDiagnostics(diagnostics, sources, { format: 'text', color });
  throw new UserError(`the topology has errors:\n${report}`, ExitCode.findings);
}

async function startPrivateBroker(options: QuickstartOptions): Promise<BrokerAddress> {
  const local = await startLocalBroker({
    stateFolder: brokerFolder(),
    onProgress: createProgress(),
    ...(options.managementPort === undefined ? {} : { managementPort: options.managementPort }),
  });
  const hostname = '127.0.0.1';
  const endpoint = `http://${hostname}:${local.managementPort}`;
  return { endpoint, hostname, bootstrap: GUEST, amqpPort: local.amqpPort };
}

function parseBrokerUrl(text: string): BrokerAddress {
  const example = 'http://admin:password@127.0.0.1:15672';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UserError(`--broker needs the management API's http(s) URL, e.g. ${example}`);
  }
  const endpoint = `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`;
  if (url.username === '' && text.includes('@')) {
    throw new UserError(
      '--broker: the user or the password in the URL holds a character that ends it. Write # as %23, ? as %3F, @ as %40, / as %2F',
    );
  }
  if (url.username === '') return { endpoint, hostname: url.hostname, bootstrap: GUEST };
  try {
    const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return { endpoint, hostname: url.hostname, bootstrap: { username, password } };
  } catch {
    throw new UserError(
      '--broker: the user or the password in the URL holds a % that stands for nothing. Write % as %25, @ as %40, / as %2F',
    );
  }
}

async function showProof(
  admin: Broker,
  address: BrokerAddress & { readonly amqpPort: number },
  objects: readonly BrokerObject[],
  outputs: StackOutputs,
): Promise<boolean> {
  step('Proof');
  const task = chooseProof(objects);
  const results: ProofResult[] = [];
  if (task === undefined) say('The topology declares no queue, so no message was sent.');
  else {
    const login = { hostname: address.hostname, port: address.amqpPort, ...outputs.admin, vhost: task.vhost };
    results.push(await prove(login, task));
  }
  const guest = openBroker({ endpoint: admin.endpoint, ...GUEST });
  const guestGetsIn = await canLogIn(guest);
  await guest.close();
  results.push({
    ok: !guestGetsIn,
    text: guestGetsIn ? 'guest can still log in' : 'guest can’t log in any more',
  });
  for (const result of results) say(`${result.ok ? '✓' : '✗'} ${result.text}`);
  return results.every((result) => result.ok);
}

async function showContents(admin: Broker, objects: readonly BrokerObject[]): Promise<void> {
  const vhosts = objects.filter((object) => object.kind === 'vhost').map((object) => object.name);
  const contents = await Promise.all(
    vhosts.map(async (vhost) => ({
      vhost,
      queues: await listQueues(admin, vhost),
      policies: await listPolicies(admin, 'policy', vhost),
    })),
  );
  step('On the broker');
  process.stdout.write(`${queueTable(contents)}\n`);
  for (const line of otherPolicies(contents)) say(line);
}

async function showNextSteps(outputs: StackOutputs): Promise<void> {
  step('How to go on');
  const users = Object.values(outputs.users).map((user) => user.username);
  process.stdout.write(
    [
      `  Management UI   ${outputs.management}`,
      `  Log in as       ${outputs.admin.username}`,
      `  Users           ${users.join(', ')}`,
      `  Passwords       npx warren output --stack ${QUICKSTART_STACK} --show-secrets --json`,
      '  Change          edit the topology, then: npx warren up --stack quickstart',
      '  Clean up        npm run quickstart -- --destroy',
      '',
      '  For plain pulumi in this shell:',
      ...exportLines(await pulumiVariables(QUICKSTART_STACK)).map((line) => `    ${line}`),
      '',
    ].join('\n'),
  );
}

/** What a script needs: the administrator's login, which works for the management API and in every vhost. */
function summary(
  outputs: StackOutputs,
  objects: readonly BrokerObject[],
  address: BrokerAddress,
  amqpPort: number,
): Record<string, unknown> {
  const vhost = objects.find((object) => object.kind === 'vhost');
  return {
    management: outputs.management,
    amqp: `amqp://${address.hostname}:${amqpPort}`,
    user: outputs.admin.username,
    password: outputs.admin.password,
    vhost: vhost?.name ?? '/',
    users: outputs.users,
  };
}

function step(title: string): void {
  process.stdout.write(`\n── ${title}\n`);
}

function say(text: string): void {
  process.stdout.write(`  ${text}\n`);
}
