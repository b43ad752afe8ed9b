/** Who follows a page beside a broker: with a home, a state and a passphrase of their own, and this machine's engine. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { inject } from 'vitest';
import { cacheFolder } from '../../tools/folders';
import type { TestBroker } from '../rigs/brokers';
import { PageFolder } from './folder';

export const PASSPHRASE = 'a passphrase of a reader';

export class Reader {
  readonly home = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-reader-'));
  /** Below their home; not made yet. */
  readonly folder: PageFolder;

  /** @param env what else is in their environment */
  constructor(env: NodeJS.ProcessEnv = {}) {
    fs.mkdirSync(path.join(this.home, 'state'));
    this.folder = new PageFolder(
      {
        HOME: this.home,
        npm_config_cache: process.env.npm_config_cache ?? path.join(os.homedir(), '.npm'),
        npm_config_prefer_offline: 'true',
        PULUMI_HOME: path.join(this.home, '.pulumi'),
        PULUMI_BACKEND_URL: `file://${this.home}/state`,
        PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
        PULUMI_SKIP_UPDATE_CHECK: 'true',
        PATH: [inject('engineFolder'), process.env.PATH ?? ''].join(path.delimiter),
        WARREN_CACHE: cacheFolder(),
        ...env,
      },
      path.join(this.home, 'folder'),
    );
  }

  dispose(): void {
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}

/** By which they log in to a broker. */
export function loginOf({ username, password }: TestBroker): NodeJS.ProcessEnv {
  return { RABBITMQ_USERNAME: username, RABBITMQ_PASSWORD: password };
}
