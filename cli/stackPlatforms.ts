/** Which platforms a stack has something on, by its settings. */
import * as fs from 'node:fs';
import { parse } from 'yaml';
import type { PluginName } from '../tools/offlinePlugins';
import { configFileIn, settingsFileOf } from './configFile';

const PLATFORMS: readonly PluginName[] = ['docker', 'kubernetes'];

/** @param further what goes to pulumi, which may name another settings file */
export function platformsOf(stack: string, further: readonly string[]): readonly PluginName[] {
  const file = settingsFileOf(stack, configFileIn(further));
  try {
    const settings = parse(fs.readFileSync(file, 'utf8')) as { readonly config?: object } | null;
    const keys = Object.keys(settings?.config ?? {});
    return PLATFORMS.filter((platform) => keys.some((key) => new RegExp(`^(.*:)?${platform}$`).test(key)));
  } catch {
    // Pulumi itself says what is wrong with it.
    return [];
  }
}
