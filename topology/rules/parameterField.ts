import type { Parameter, Vhost } from '../model';
import type { JsonValue } from '../objects';

/** One field of a parameter; undefined too where its value is no table. */
export function parameterField({ value }: Parameter, key: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, JsonValue>>)[key];
}

/** In the order of the vhosts. */
export function shovelsOf(vhosts: readonly Pick<Vhost, 'parameters'>[]): readonly Parameter[] {
  return vhosts.flatMap(({ parameters }) => parameters.filter(({ component }) => component === 'shovel'));
}
