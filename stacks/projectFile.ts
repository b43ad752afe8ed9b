/** Files that the settings name, relative to the folder of Pulumi.yaml. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { refusal } from './refusal';

/** Its text; `key` is the setting that names it. */
export function readProjectFile(file: string, key: string): string {
  try {
    return fs.readFileSync(path.resolve(file), 'utf8');
  } catch (error) {
    throw refusal(`${key}: can't read ${file} (${error instanceof Error ? error.message : String(error)}).`);
  }
}
