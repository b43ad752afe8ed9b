/** Whether a stack has something on Docker, by its settings. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { CHECKOUT } from './checkout';

/** @param further what goes to pulumi, which may name another settings file */
export function isOnDocker(stack: string, further: readonly string[]): boolean {
  const at = further.indexOf('--config-file');
  const named = at === -1 ? undefined : further[at + 1];
  const file = path.resolve(CHECKOUT, named ?? path.join('stacks', `Pulumi.${stack}.yaml`));
  try {
    const settings = parse(fs.readFileSync(file, 'utf8')) as { readonly config?: object } | null;
    return Object.keys(settings?.config ?? {}).some((key) => /^(.*:)?docker$/.test(key));
  } catch {
    // Pulumi itself says what is wrong with it.
    return false;
  }
}
