/** Which settings file of a stack is meant: its own, or the one that `--config-file` names. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { CHECKOUT, stackFile } from './checkout';
import { UserError } from './userError';

const OPTION = '--config-file';

/** The settings file that arguments for `pulumi` name, where it isn't the stack's own. */
export function configFileIn(args: readonly string[]): string | undefined {
  const at = args.indexOf(OPTION);
  return at === -1 ? undefined : args[at + 1];
}

/** For `pulumi`, to which a file that isn't there is an empty one. @throws UserError */
export function configArguments(configFile: string | undefined): readonly string[] {
  if (configFile === undefined) return [];
  if (!existsSync(path.resolve(CHECKOUT, configFile)))
    throw new UserError(`there is no file ${configFile} for ${OPTION} (seen from ${CHECKOUT})`);
  return [OPTION, configFile];
}

/** Where Pulumi, which runs in the checkout, looks for it. */
export function settingsFileOf(stack: string, configFile: string | undefined): string {
  return configFile === undefined ? stackFile(stack) : path.resolve(CHECKOUT, configFile);
}
