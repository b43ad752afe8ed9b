import * as path from 'node:path';

/** The folder of Pulumi.yaml: where `pulumi` runs, whatever folder the command was called from. */
export const CHECKOUT = path.resolve(__dirname, '..');

export function stackFile(stack: string): string {
  return path.join(CHECKOUT, 'stacks', `Pulumi.${stack}.yaml`);
}
