/** Before the first test on containers: a Docker Engine with images, and Pulumi's engine. After the last: their end. */
import type { TestProject } from 'vitest/node' with { 'resolution-mode': 'import' };
import { engineAddress } from '../../../dockerApi/address';
import { openEngine } from '../../../dockerApi/transport';
import { BROKER_VERSIONS, type BrokerVersion } from '../brokers';
import { obtainPulumi } from '../pulumiEngine';
import { CLIENT_IMAGES, clientImage, type ClientImage } from './clientImages';
import { obtainEngine, type TestEngine } from './engine';
import {
  NoImage,
  busyboxImage,
  haproxyImage,
  nodeImage,
  prometheusImage,
  pythonImage,
  rabbitmqImage,
} from './images';

/** Names of images. */
export interface TestImages {
  /** Small, with a shell. */
  readonly busybox: string;
  readonly haproxy: string;
  readonly python: string;
  readonly node: string;
  readonly prometheus: string;
  /** Python with real clients. */
  readonly clients: Readonly<Record<ClientImage, string>>;
  /** Empty for a version that WARREN_TEST_VERSIONS leaves out. */
  readonly rabbitmq: Readonly<Record<BrokerVersion, string>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** As in DOCKER_HOST; empty when there is no Docker Engine with images, and none can be had. */
    dockerHost: string;
    missingDockerReason: string;
    /** Whether the Docker Engine is the tests' own, without anything else on it. */
    isDockerPrivate: boolean;
    images: TestImages;
  }
}

const NO_IMAGES: TestImages = {
  busybox: '',
  haproxy: '',
  python: '',
  node: '',
  prometheus: '',
  clients: { 'celery-5.5': '', 'celery-5.6': '', amqp: '' },
  rabbitmq: { '3.10': '', '4.0': '', '4.3': '' },
};

/** Called by vitest. Returns what vitest calls at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [docker, pulumi] = await Promise.all([obtainDocker(), obtainPulumi()]);
  project.provide('dockerHost', docker.engine?.host ?? '');
  project.provide('missingDockerReason', docker.missingReason);
  project.provide('isDockerPrivate', docker.engine?.isPrivate ?? false);
  project.provide('images', docker.images);
  project.provide('engineFolder', pulumi.folder);
  project.provide('missingEngineReason', pulumi.missingReason);
  return async () => {
    await docker.engine?.stop();
  };
}

interface Docker {
  readonly engine?: TestEngine;
  readonly images: TestImages;
  readonly missingReason: string;
}

async function obtainDocker(): Promise<Docker> {
  const say = (text: string) => process.stderr.write(`Docker: ${text}\n`);
  const without = (error: unknown): Docker => {
    const reason = error instanceof Error ? error.message : String(error);
    say(`can't be had here, its tests are skipped: ${reason}`);
    return { images: NO_IMAGES, missingReason: reason.split('\n')[0] ?? '' };
  };
  const engine = await obtainEngine(say).catch(without);
  if ('missingReason' in engine) return engine;
  try {
    return { engine, images: await obtainImages(engine, say), missingReason: '' };
  } catch (error) {
    await engine.stop();
    if (!(error instanceof NoImage)) throw error;
    return without(error);
  }
}

/** One after the other: each makes use of all processors. */
async function obtainImages({ host }: TestEngine, say: (text: string) => void): Promise<TestImages> {
  const engine = openEngine(engineAddress({ host }, {}));
  const busybox = await busyboxImage(engine, say);
  const haproxy = await haproxyImage(engine, say);
  const python = await pythonImage(engine, say);
  const node = await nodeImage(engine, say);
  const prometheus = await prometheusImage(engine, say);
  const clients = { ...NO_IMAGES.clients };
  for (const set of CLIENT_IMAGES) clients[set] = await clientImage(engine, set, say);
  const rabbitmq = { ...NO_IMAGES.rabbitmq };
  for (const version of wantedVersions()) rabbitmq[version] = await rabbitmqImage(engine, version, say);
  return { busybox, haproxy, python, node, prometheus, clients, rabbitmq };
}

/** The same variable as for the brokers of the other tests. */
function wantedVersions(): readonly BrokerVersion[] {
  const wanted = process.env.WARREN_TEST_VERSIONS ?? '';
  return BROKER_VERSIONS.filter((version) => wanted === '' || wanted.split(',').includes(version));
}
