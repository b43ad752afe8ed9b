/** Which settings file of a stack is meant, its own or the one that `--config-file` names; and what stands in it. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
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

/**
 * The settings under their full names, as they stand in a file: secrets are encrypted there. None where there is no
 * such file.
 * @throws UserError with line and column for what isn't YAML, which Pulumi would tell without the file's name
 */
export function settingsIn(file: string): Readonly<Record<string, unknown>> {
  if (!existsSync(file)) return {};
  const lineCounter = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter, prettyErrors: false });
  // Of several documents Pulumi takes the first one, too.
  const error = document.errors.find(({ code }) => code !== 'MULTIPLE_DOCS');
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new UserError(`${file}:${line}:${col} isn't YAML: ${error.message}`);
  }
  const { config } = (document.toJS() ?? {}) as {
    readonly config?: Readonly<Record<string, unknown>> | null;
  };
  return config ?? {};
}
