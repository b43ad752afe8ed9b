/** Which platforms a stack has something on, by its settings. */
import type { PluginName } from '../tools/offlinePlugins';
import { configFileIn, settingsFileOf, settingsIn } from './configFile';

const PLATFORMS: readonly PluginName[] = ['docker', 'kubernetes'];

/**
 * @param further what goes to pulumi, which may name another settings file
 * @throws UserError where that isn't YAML
 */
export function platformsOf(stack: string, further: readonly string[]): readonly PluginName[] {
  const keys = Object.keys(settingsIn(settingsFileOf(stack, configFileIn(further))));
  return PLATFORMS.filter((platform) => keys.some((key) => new RegExp(`^(.*:)?${platform}$`).test(key)));
}
