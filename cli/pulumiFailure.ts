/** What Pulumi's words mean for whoever typed `warren`, and the way out where there is one that it doesn't say. */
import { UserError } from './userError';

/** @param args what `pulumi` was given: its own words seldom say which command they are of */
export function pulumiFailure(stack: string, args: readonly string[], said: string): UserError {
  const words = said.trim().replace(/^error: /gm, '');
  if (words.includes('PULUMI_ACCESS_TOKEN')) {
    return new UserError(
      "Pulumi doesn't know where to keep state. Say it once: `pulumi login --local` (files of this machine), `pulumi login` (Pulumi Cloud), or PULUMI_BACKEND_URL. Where the shell finds no pulumi: `npx warren setup` says how it does",
    );
  }
  if (/^no stack named/m.test(words)) {
    return new UserError(
      `there is no stack ${stack} where Pulumi keeps its state. Make it with: npx warren init --stack ${stack}`,
    );
  }
  const [first = '', second = '--stack'] = args;
  const command = second === '--stack' ? [first] : [first, second];
  const what = `pulumi ${command.join(' ')} failed: ${words}`;
  if (!words.includes('incorrect passphrase')) return new UserError(what);
  return new UserError(
    `${what}. The settings of stack ${stack} were encrypted with another one: set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the one that the stack was made with. Where it is lost: docs/runbooks.md, "Restore"`,
  );
}
