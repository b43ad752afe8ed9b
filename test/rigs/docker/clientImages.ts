/** Images with real Python clients: Celery 5.5 and 5.6, pika and aio-pika, in the versions of the other tests. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { buildImage } from '../../../provider/offline/docker/build';
import type { Engine } from '../../../dockerApi/transport';
import { findImage } from '../../../provider/offline/docker/images';
import { cacheFolder } from '../../../tools/folders';
import { run, tail } from '../../../tools/processes';
import { cachedFolder } from '../cachedFolder';
import { CLIENT_REQUIREMENTS, ensureClients } from '../python';
import { silentCall } from './call';
import { NoImage, pythonImage } from './images';

export const CLIENT_IMAGES = ['celery-5.5', 'celery-5.6', 'amqp'] as const;
export type ClientImage = (typeof CLIENT_IMAGES)[number];

/** Of `pythonImage`: packages with compiled parts are made for one version. */
const PYTHON_VERSION = '3.13';
const INSTALL_TIMEOUT_MS = 300_000;
const DOCKERFILE = path.join(__dirname, 'images', 'clients', 'Dockerfile');

/** @returns the name of the image @throws NoImage with the reason when it can't be had */
export async function clientImage(
  engine: Engine,
  set: ClientImage,
  say: (text: string) => void,
): Promise<string> {
  const base = await pythonImage(engine, say);
  const requirements = path.join(CLIENT_REQUIREMENTS, `${set}.txt`);
  const sum = crypto.createHash('sha256').update(base);
  for (const file of [requirements, DOCKERFILE]) sum.update(fs.readFileSync(file));
  const name = `warren-test/${set}:${sum.digest('hex').slice(0, 8)}`;
  const call = silentCall(engine);
  if ((await findImage(call, name)) !== undefined) return name;
  say(`making the image ${name} (once, about 20 s)`);
  const context = await obtainPackages(set, requirements, say).catch((error: unknown) => {
    throw new NoImage(error instanceof Error ? error.message : String(error));
  });
  await buildImage(call, { context, dockerfile: DOCKERFILE, buildArgs: { BASE: base } }, [name]);
  return name;
}

/** @returns a folder with a folder `packages` in it, kept in the cache */
async function obtainPackages(
  set: ClientImage,
  requirements: string,
  say: (text: string) => void,
): Promise<string> {
  // It is asked for its pip: it isn't the Python that they are for.
  const python = await ensureClients(set, say);
  const hash = crypto.createHash('sha256').update(fs.readFileSync(requirements)).digest('hex').slice(0, 8);
  const name = `packages-${set}-${PYTHON_VERSION}-${process.arch}-${hash}`;
  const folder = path.join(cacheFolder(), 'docker', name);
  return cachedFolder(folder, INSTALL_TIMEOUT_MS, (half) => installPackages(python, requirements, half));
}

async function installPackages(python: string, requirements: string, folder: string): Promise<void> {
  const options = [
    '--no-deps',
    '--no-input',
    '--disable-pip-version-check',
    '--quiet',
    '--only-binary=:all:',
  ];
  const where = ['--python-version', PYTHON_VERSION, '--target', path.join(folder, 'packages')];
  const installed = await run(python, ['-m', 'pip', 'install', ...options, ...where, '-r', requirements], {
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if (installed.exitCode !== 0) {
    throw new Error(
      `pip can't install the packages of ${path.basename(requirements)}: ${tail(installed.output, 2)}`,
    );
  }
}
