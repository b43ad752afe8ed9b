/** Pulumi's bridged `rabbitmq` provider, where somebody has installed it: nothing here brings it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { inject } from 'vitest';
import { findProgram } from '../../tools/processes';
import type { EveryKindStack } from './everyKindStack';

const CHECKOUT = path.resolve(__dirname, '../..');
const NAME = 'pulumi-resource-rabbitmq';

/** `WARREN_BRIDGED_PROVIDER` is the executable; else it is looked for on PATH. */
export function bridgedPlugin(): string | undefined {
  const given = process.env.WARREN_BRIDGED_PROVIDER;
  return given === undefined || given === '' ? findProgram(NAME) : given;
}

export const MISSING_BRIDGED = `no ${NAME} of Pulumi's on PATH, and WARREN_BRIDGED_PROVIDER names none`;

/** Served by the bridged provider, as after deleting the lines of `plugins:` in Pulumi.yaml. */
export function switchToBridged(stack: EveryKindStack): NodeJS.ProcessEnv {
  stack.project.usePlugins([]);
  return bridgedEnvironment();
}

/** This checkout as a project more, in whose Pulumi.yaml the lines that give our `rabbitmq` come and go. */
export interface SwitchingCheckout {
  readonly folder: string;
  serve(whose: 'ours' | 'bridged'): void;
}

export function switchingCheckout(): SwitchingCheckout {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-switching-'));
  for (const name of fs.readdirSync(CHECKOUT)) {
    if (name.startsWith('.') || name === 'Pulumi.yaml') continue;
    fs.symlinkSync(path.join(CHECKOUT, name), path.join(folder, name));
  }
  const text = fs.readFileSync(path.join(CHECKOUT, 'Pulumi.yaml'), 'utf8');
  const lines = '    - name: rabbitmq\n      path: ./provider/rabbitmq\n';
  if (!text.includes(lines)) throw new Error('Pulumi.yaml gives the plugin in other lines');
  const serve: SwitchingCheckout['serve'] = (whose) => {
    fs.writeFileSync(path.join(folder, 'Pulumi.yaml'), whose === 'ours' ? text : text.replace(lines, ''));
  };
  serve('ours');
  return { folder, serve };
}

export function switchToOurs(stack: EveryKindStack): void {
  stack.project.usePlugins(['rabbitmq', 'warren']);
}

export function bridgedEnvironment(): NodeJS.ProcessEnv {
  const folders = [path.dirname(bridgedPlugin() ?? ''), inject('engineFolder'), process.env.PATH ?? ''];
  return { PATH: folders.join(path.delimiter) };
}
