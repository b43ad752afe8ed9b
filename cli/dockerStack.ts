/** Whether a stack has something on Docker, by its settings. */
import * as fs from 'node:fs';
import { parse } from 'yaml';
import { configFileIn, settingsFileOf } from './configFile';

/** @param further what goes to pulumi, which may name another settings file */
export function isOnDocker(stack: string, further: readonly string[]): boolean {
  const file = settingsFileOf(stack, configFileIn(further));
  try {
    const settings = parse(fs.readFileSync(file, 'utf8')) as { readonly config?: object } | null;
    return Object.keys(settings?.config ?? {}).some((key) => /^(.*:)?docker$/.test(key));
  } catch {
    // Pulumi itself says what is wrong with it.
    return false;
  }
}
