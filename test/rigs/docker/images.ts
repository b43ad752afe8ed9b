/**
 * The images that tests start: the official ones where a registry answers, otherwise made of Debian's packages, so
 * that nobody who starts a container knows the difference. Ours are kept in the engine, and can be removed at any time:
 * all of them are named `warren-test/…`.
 */
import { spawn } from 'node:child_process';
import * as crypto from 'node:crypto';
import * as dns from 'node:dns/promises';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { buildImage } from '../../../provider/offline/docker/build';
import { streamError } from '../../../dockerApi/errors';
import type { Engine } from '../../../dockerApi/transport';
import { ensureImage, findImage, imagePath } from '../../../provider/offline/docker/images';
import type { BrokerVersion } from '../brokers';
import { ensureDebianTree, SUITE_WITH_VERSION } from '../debianTree';
import { silentCall } from './call';
import {
  ensureBusyboxTree,
  ensureHaproxyTree,
  ensureNodeTree,
  ensurePrometheusTree,
  ensurePythonTree,
} from './trees';

/** An image that can't be had on this machine, which is no fault of anybody's. */
export class NoImage extends Error {}

interface Source {
  readonly official: string;
  /** Ours. */
  readonly name: string;
  /** Folder of its Dockerfile. */
  readonly context: string;
  readonly tree: (say: (text: string) => void) => Promise<string>;
}

const IMPORT_TIMEOUT_MS = 300_000;
const REGISTRY = 'registry-1.docker.io';
const LOOK_UP_TIMEOUT_MS = 3_000;
const CONTEXTS = path.join(__dirname, 'images');
/** Of a tree that nodes run from, and what only takes room. */
const LEFT_OUT = ['./srv/*', './proc/*', './tmp/*', './var/cache/*', './var/lib/apt/*', './usr/share/perl*'];

export function rabbitmqImage(
  engine: Engine,
  version: BrokerVersion,
  say: (text: string) => void,
): Promise<string> {
  return obtain(
    engine,
    {
      official: `rabbitmq:${version}-management`,
      name: `warren-test/rabbitmq:${version}-management`,
      context: path.join(CONTEXTS, 'rabbitmq'),
      tree: (progress) => ensureDebianTree(SUITE_WITH_VERSION[version], progress),
    },
    say,
  );
}

export function pythonImage(engine: Engine, say: (text: string) => void): Promise<string> {
  return obtain(
    engine,
    {
      official: 'python:3.13-slim',
      name: 'warren-test/python:3.13-slim',
      context: path.join(CONTEXTS, 'python'),
      tree: ensurePythonTree,
    },
    say,
  );
}

/** What the scaler's image is built on. */
export function nodeImage(engine: Engine, say: (text: string) => void): Promise<string> {
  return obtain(
    engine,
    {
      official: 'node:22-bookworm-slim',
      name: 'warren-test/node:20-trixie',
      context: path.join(CONTEXTS, 'node'),
      tree: ensureNodeTree,
    },
    say,
  );
}

export function busyboxImage(engine: Engine, say: (text: string) => void): Promise<string> {
  return obtain(
    engine,
    {
      official: 'busybox:1.37',
      name: 'warren-test/busybox:1.37',
      context: path.join(CONTEXTS, 'busybox'),
      tree: ensureBusyboxTree,
    },
    say,
  );
}

export function haproxyImage(engine: Engine, say: (text: string) => void): Promise<string> {
  return obtain(
    engine,
    {
      official: 'haproxy:3.0',
      name: 'warren-test/haproxy:3.0',
      context: path.join(CONTEXTS, 'haproxy'),
      tree: ensureHaproxyTree,
    },
    say,
  );
}

export function prometheusImage(engine: Engine, say: (text: string) => void): Promise<string> {
  return obtain(
    engine,
    {
      official: 'prom/prometheus:v3.5.0',
      name: 'warren-test/prometheus:3.5',
      context: path.join(CONTEXTS, 'prometheus'),
      tree: ensurePrometheusTree,
    },
    say,
  );
}

/** @returns the name of the image @throws NoImage with the reason when it can't be had */
async function obtain(engine: Engine, source: Source, say: (text: string) => void): Promise<string> {
  const call = silentCall(engine);
  if ((await findImage(call, source.official)) !== undefined) return source.official;
  if (await canReachRegistry()) {
    say(`pulling the image ${source.official}`);
    const pulled = await ensureImage(call, source.official).catch((error: unknown) => error as Error);
    if (!(pulled instanceof Error)) return source.official;
    say(pulled.message);
  }
  const tree = await source.tree(say).catch((error: unknown) => {
    throw new NoImage(error instanceof Error ? error.message : String(error));
  });
  // A changed Dockerfile makes a new image.
  const name = `${source.name}-${recipeOf(source, tree)}`;
  if ((await findImage(call, name)) !== undefined) return name;
  say(`making the image ${name} of Debian's packages (once, about 10 s)`);
  const base = `${name}-base`;
  await importTree(engine, tree, base);
  const build = { context: source.context, dockerfile: 'Dockerfile', buildArgs: { BASE: base } };
  await buildImage(call, build, [name]);
  await removeEarlier(engine, source, name);
  return name;
}

/** Those of an earlier Dockerfile, unless a container still uses them. */
async function removeEarlier(engine: Engine, source: Source, name: string): Promise<void> {
  const filters = JSON.stringify({ reference: [`${source.name}-*`] });
  const images = await engine.ask<{ RepoTags: string[] | null }[]>({
    method: 'GET',
    path: '/images/json',
    query: { filters },
    action: 'list the images of the tests',
  });
  const earlier = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => !tag.startsWith(name));
  for (const tag of earlier.filter((one) => one.startsWith(`${source.name}-`))) {
    await engine
      .ask({ method: 'DELETE', path: imagePath(tag), action: `delete the image ${tag}` })
      .catch(() => undefined);
  }
}

let registry: Promise<boolean> | undefined;

/** Asked once: on a machine without a network each pull would take long to fail. */
function canReachRegistry(): Promise<boolean> {
  const resolver = new dns.Resolver({ timeout: LOOK_UP_TIMEOUT_MS, tries: 1 });
  registry ??= resolver.resolve4(REGISTRY).then(
    () => true,
    () => false,
  );
  return registry;
}

function recipeOf({ context }: Source, tree: string): string {
  const sum = crypto.createHash('sha256').update(path.basename(tree)).update(LEFT_OUT.join());
  for (const name of fs.readdirSync(context).sort())
    sum.update(name).update(fs.readFileSync(path.join(context, name)));
  return sum.digest('hex').slice(0, 8);
}

async function importTree(engine: Engine, tree: string, name: string): Promise<void> {
  const excluded = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  const tar = spawn('tar', ['--create', '--one-file-system', ...excluded, '--directory', tree, '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const colon = name.lastIndexOf(':');
  const action = `import ${name}`;
  await engine.follow(
    {
      method: 'POST',
      path: '/images/create',
      query: { fromSrc: '-', repo: name.slice(0, colon), tag: name.slice(colon + 1) },
      body: tar.stdout,
      action,
      timeoutMs: IMPORT_TIMEOUT_MS,
    },
    ({ error }) => {
      if (error !== undefined) throw streamError({ action, host: engine.host }, error);
    },
  );
}
