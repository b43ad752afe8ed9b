/** The quickstart's way back: `pulumi destroy`, the private broker, the stack, and everything kept outside the checkout. */
import { existsSync } from 'node:fs';
import { startLocalBroker, stopLocalBroker } from '../../tools/localBroker/index';
import { ExitCode } from '../exitCodes';
import { createProgress } from '../progress';
import { runPulumi } from '../pulumi';
import type { QuickstartOptions } from './options';
import { removeQuickstartStack, stackExists } from './stackConfig';
import { brokerFolder, QUICKSTART_STACK, removeStateFolder, stateFolder } from './stateFolder';

export async function destroyQuickstart(options: QuickstartOptions): Promise<number> {
  if (!existsSync(stateFolder())) {
    process.stdout.write('Nothing to take away: there is no quickstart of this checkout.\n');
    return ExitCode.ok;
  }
  const isOurs = existsSync(brokerFolder());
  if (await stackExists()) {
    // After a restart of the machine the broker is down, and its objects could not be taken away.
    if (isOurs) await startLocalBroker({ stateFolder: brokerFolder(), onProgress: createProgress() });
    // A private broker goes as a whole, messages and all; on one that was there before, Warren guards what it holds.
    const approvals = isOurs ? { WARREN_APPROVE: '*' } : {};
    const destroy = ['destroy', '--yes', '--stack', QUICKSTART_STACK];
    const exitCode = await runPulumi(QUICKSTART_STACK, destroy, approvals);
    if (exitCode !== 0) return exitCode;
    await removeQuickstartStack();
  }
  if (isOurs && options.keep) {
    process.stdout.write(
      'The stack is gone; the private broker keeps running. Without --keep it goes too.\n',
    );
    return ExitCode.ok;
  }
  if (isOurs) await stopLocalBroker(brokerFolder(), { removeData: true });
  removeStateFolder();
  process.stdout.write(
    'Everything is gone that the quickstart made. What it installed (Pulumi’s engine) is kept.\n',
  );
  return ExitCode.ok;
}
