/** The provider's own inputs: which Docker Engine. */
import type { Failure } from '../../inputs';
import { changesInPlace, type PropertyChange } from '../../messages';
import type { PropertyMap } from '../../values';
import { UserError } from '../../userError';
import { hasUnknown } from '../../values';
import { AddressError, engineAddress, type AddressSettings } from '../../../dockerApi/address';
import { openEngine, type Engine } from '../../../dockerApi/transport';
import { UNKNOWN_PROPERTY } from './properties/check';

const ADDRESS_SETTINGS = [
  'host',
  'context',
  'caMaterial',
  'certMaterial',
  'keyMaterial',
  'certPath',
] as const;

/** Pulumi's own, and one that is about what this plugin doesn't do anyway. */
const WITHOUT_MEANING = ['version', 'pluginDownloadURL', 'disableDockerDaemonCheck'];

/** Whatever the program says. */
export const SECRET_CONFIG: readonly string[] = ['keyMaterial'];

export function checkConfig(values: PropertyMap): readonly Failure[] {
  const known: readonly string[] = [...ADDRESS_SETTINGS, ...WITHOUT_MEANING];
  const unknown = Object.keys(values).filter((name) => !name.startsWith('__') && !known.includes(name));
  const failures = unknown.map((property) => ({ property, reason: UNKNOWN_PROPERTY }));
  if (failures.length > 0 || hasUnknown(values)) return failures;
  try {
    engineAddress(settingsOf(values), process.env);
    return [];
  } catch (error) {
    if (error instanceof AddressError) return [{ property: error.setting, reason: error.message }];
    throw error;
  }
}

/** Another address never replaces the provider: that would replace every resource it manages. */
export function changedConfig(olds: PropertyMap, news: PropertyMap): readonly PropertyChange[] {
  const settings: readonly string[] = ADDRESS_SETTINGS;
  return changesInPlace(olds, news, (name) => settings.includes(name));
}

/** Opens nothing yet. */
export function openConfigured(values: PropertyMap): Engine {
  try {
    return openEngine(engineAddress(settingsOf(values), process.env));
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw new UserError(`The provider "docker" can't be used: ${error.setting} ${error.message}`);
  }
}

function settingsOf(values: PropertyMap): AddressSettings {
  const given = ADDRESS_SETTINGS.filter((name) => typeof values[name] === 'string' && values[name] !== '');
  return Object.fromEntries(given.map((name) => [name, values[name]]));
}
