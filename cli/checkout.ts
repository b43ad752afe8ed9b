import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkoutFolder } from '../tools/folders';

/** Warren's own files. */
export const PACKAGE = checkoutFolder();

/** Whether it is a package of another project, and no checkout of its own. */
export const IS_INSTALLED = path.basename(path.dirname(PACKAGE)) === 'node_modules';

/**
 * The folder of Pulumi.yaml: where `pulumi` runs, whatever folder the command was called from. Of a package it is the
 * project's that has it: what lies in node_modules is lost with the next installation.
 */
export const CHECKOUT = IS_INSTALLED ? projectFolder(process.cwd()) : PACKAGE;

function projectFolder(from: string): string {
  for (let folder = from; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, 'Pulumi.yaml'))) return folder;
  }
  return path.resolve(PACKAGE, '../..');
}

export function stackFile(stack: string): string {
  return path.join(CHECKOUT, 'stacks', `Pulumi.${stack}.yaml`);
}
