import * as path from 'node:path';
import { checkoutFolder } from '../tools/folders';

/** The folder of Pulumi.yaml: where `pulumi` runs, whatever folder the command was called from. */
export const CHECKOUT = checkoutFolder();

export function stackFile(stack: string): string {
  return path.join(CHECKOUT, 'stacks', `Pulumi.${stack}.yaml`);
}
