/** The images of the tests on Docker as an archive, for the containerd of a cluster. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import { engineAddress, type EngineAddress } from '../../../dockerApi/address';
import { openEngine, type Engine } from '../../../dockerApi/transport';
import { findImage } from '../../../provider/offline/docker/images';
import { cacheFolder } from '../../../tools/folders';
import type { BrokerVersion } from '../brokers';
import { cachedFolder } from '../cachedFolder';
import { silentCall } from '../docker/call';
import { CLIENT_IMAGES, clientImage, type ClientImage } from '../docker/clientImages';
import { obtainEngine } from '../docker/engine';
import { busyboxImage, rabbitmqImage } from '../docker/images';

/** Of the RabbitMQ versions that the cluster operator supports and the tests know. */
export const KUBERNETES_BROKERS = ['4.0', '4.3'] as const satisfies readonly BrokerVersion[];

/** Names of images that the cluster has. Empty for what it can't be given. */
export interface KubernetesImages {
  /** Small, with a shell. */
  readonly busybox: string;
  readonly rabbitmq: Readonly<Record<(typeof KUBERNETES_BROKERS)[number], string>>;
  /** Python with real clients. */
  readonly clients: Readonly<Record<ClientImage, string>>;
}

export interface ImageArchive {
  readonly images: KubernetesImages;
  readonly file: string;
}

const SAVE_TIMEOUT_MS = 600_000;
/** Small ones let a busy machine switch between the two sides for each piece. */
const WRITE_BUFFER_BYTES = 16_777_216;
const ARCHIVE = 'images.tar';

/** @throws Error with the reason when they can't be had */
export async function ensureImageArchive(say: (text: string) => void): Promise<ImageArchive> {
  const docker = await obtainEngine(say);
  try {
    const address = engineAddress({ host: docker.host }, {});
    const engine = openEngine(address);
    const images = await obtainImages(engine, say);
    const names = [images.busybox, ...Object.values(images.rabbitmq), ...Object.values(images.clients)];
    const hash = await hashOf(engine, names);
    const folder = path.join(cacheFolder(), 'rigs', `k8s-images-${hash}`);
    await cachedFolder(folder, SAVE_TIMEOUT_MS, async (half) => {
      say('saving the images for Kubernetes (once, about 20 s)');
      fs.mkdirSync(half, { recursive: true });
      await save(address, names, path.join(half, ARCHIVE));
      removeEarlier(path.basename(folder));
    });
    return { images, file: path.join(folder, ARCHIVE) };
  } finally {
    await docker.stop();
  }
}

/** One after the other: each makes use of all processors. */
async function obtainImages(engine: Engine, say: (text: string) => void): Promise<KubernetesImages> {
  const clients = { 'celery-5.5': '', 'celery-5.6': '', amqp: '' };
  for (const set of CLIENT_IMAGES) clients[set] = await clientImage(engine, set, say);
  const rabbitmq = { '4.0': '', '4.3': '' };
  for (const version of KUBERNETES_BROKERS) rabbitmq[version] = await rabbitmqImage(engine, version, say);
  return { busybox: await busyboxImage(engine, say), rabbitmq, clients };
}

async function hashOf(engine: Engine, names: readonly string[]): Promise<string> {
  const sum = crypto.createHash('sha256');
  for (const name of names) {
    // The tests' own are named after what they are made of; other engines have them under other ids.
    const isOwn = name.startsWith('warren-test/');
    sum.update(name).update(isOwn ? '' : ((await findImage(silentCall(engine), name))?.Id ?? ''));
  }
  return sum.digest('hex').slice(0, 8);
}

/** All in one: what they share is there once. */
async function save(address: EngineAddress, names: readonly string[], file: string): Promise<void> {
  const pool = new Pool(address.origin, address.options);
  try {
    const query = names.map((name) => `names=${encodeURIComponent(name)}`).join('&');
    const reply = await pool.request({
      method: 'GET',
      path: `/images/get?${query}`,
      signal: AbortSignal.timeout(SAVE_TIMEOUT_MS),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    if (reply.statusCode !== 200) throw new Error(`Docker can't save images: ${await reply.body.text()}`);
    await pipeline(reply.body, fs.createWriteStream(file, { highWaterMark: WRITE_BUFFER_BYTES }));
  } finally {
    await pool.close();
  }
}

/** Those of earlier images. */
function removeEarlier(keep: string): void {
  const folder = path.join(cacheFolder(), 'rigs');
  const earlier = fs
    .readdirSync(folder)
    .filter((name) => /^k8s-images-[0-9a-f]+$/.test(name) && name !== keep);
  for (const name of earlier) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}
