/** The quickstart's way back: `pulumi destroy`, the private broker, the stack, and everything kept outside the checkout. */
import { existsSync } from 'node:fs';
import { startLocalBroker, stopLocalBroker } from '../../tools/localBroker/index';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';
import { mustPulumi, runPulumi } from '../pulumi';
import { readSeed } from '../stackSeed';
import { readOutputs } from './lastUpdate';
import { administratorFile, readChoice, rememberAdministrator, type LeftAdministrator } from './memory';
import type { QuickstartOptions } from './options';
import { removeQuickstartStack, stackExists } from './stackConfig';
import { brokerFolder, forgetEverything, hasState, QUICKSTART_STACK } from './stateFolder';

const STACK = ['--stack', QUICKSTART_STACK];

export async function destroyQuickstart(options: QuickstartOptions): Promise<number> {
  const choice = readChoice();
  if (!hasState() && !existsSync(brokerFolder())) {
    say('Nothing to take away: there is no quickstart of this checkout.');
    return ExitCode.ok;
  }
  const isGiven = choice?.kind === 'given';
  const outlives = isGiven || options.keep;
  let left: LeftAdministrator | undefined;
  if (hasState() && (await stackExists())) {
    if (!isGiven) await reachPrivateBroker(choice?.endpoint);
    if (outlives) left = await administratorThatStays();
    // A private broker goes as a whole, messages and all; on one that was there before, Warren guards what it holds.
    const approvals = isGiven ? {} : { WARREN_APPROVE: '*' };
    const exitCode = await runPulumi(QUICKSTART_STACK, ['destroy', '--yes', ...STACK], approvals);
    if (exitCode !== 0) return exitCode;
    await removeQuickstartStack();
  }
  // Also the rest of a private start that failed before another broker was used.
  const keepsBroker = options.keep && !isGiven;
  if (!keepsBroker) await stopLocalBroker(brokerFolder(), { removeData: true });
  forgetEverything({ keepBroker: keepsBroker });
  if (left !== undefined) rememberAdministrator(left);
  sayGoodbye(left, keepsBroker);
  return ExitCode.ok;
}

/**
 * After a restart of the machine the private broker is down, and may come back on other ports: then the stack must
 * hear of them, since `pulumi destroy` works with what its state says.
 */
async function reachPrivateBroker(knownEndpoint: string | undefined): Promise<void> {
  const local = await startLocalBroker({ stateFolder: brokerFolder(), onProgress: createProgress() });
  const endpoint = `http://127.0.0.1:${local.managementPort}`;
  if (endpoint === knownEndpoint) return;
  await mustPulumi(QUICKSTART_STACK, ['config', 'set', 'endpoint', endpoint, ...STACK]);
  await mustPulumi(QUICKSTART_STACK, ['up', '--yes', '--skip-preview', ...STACK]);
}

async function administratorThatStays(): Promise<LeftAdministrator | undefined> {
  const outputs = await readOutputs();
  const seed = await readSeed(QUICKSTART_STACK);
  return outputs === undefined || seed === undefined
    ? undefined
    : { management: outputs.management, ...outputs.admin, seed };
}

function sayGoodbye(left: LeftAdministrator | undefined, keepsBroker: boolean): void {
  if (keepsBroker) say('The stack is gone; the private broker keeps running. Without --keep it goes too.');
  else say('Everything is gone that the quickstart made. What it installed (Pulumi’s engine) is kept.');
  if (left !== undefined) {
    say(
      `${left.username} stays on ${left.management}; its password is in ${administratorFile()}, which only you can read.`,
    );
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
