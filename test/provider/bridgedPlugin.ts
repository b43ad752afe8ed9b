/** Pulumi's bridged `rabbitmq` provider, where somebody has installed it: nothing here brings it. */
import * as path from 'node:path';
import { inject } from 'vitest';
import { findProgram } from '../../tools/processes';
import type { EveryKindStack } from './everyKindStack';

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

export function switchToOurs(stack: EveryKindStack): void {
  stack.project.usePlugins(['rabbitmq', 'warren']);
}

export function bridgedEnvironment(): NodeJS.ProcessEnv {
  const folders = [path.dirname(bridgedPlugin() ?? ''), inject('engineFolder'), process.env.PATH ?? ''];
  return { PATH: folders.join(path.delimiter) };
}
