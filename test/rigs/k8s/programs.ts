/** Kubernetes' own programs, CoreDNS, KEDA and RabbitMQ's cluster operator, built once from pinned Go modules. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { acquireLock } from '../../../tools/fileLock';
import { cacheFolder } from '../../../tools/folders';
import { BUILD_TIMEOUT_MS, sourcesOf, withGo, type GoProgram } from '../../../tools/goModules';
import { cachedFolder } from '../cachedFolder';

/** Folders. KEDA's and the operator's also have a folder `config`: their manifests. */
export interface Programs {
  readonly kubernetes: string;
  readonly dns: string;
  readonly keda: string;
  readonly operator: string;
}

interface Part {
  readonly name: string;
  readonly version: string;
  readonly duration: string;
  readonly programs: readonly Omit<GoProgram, 'moduleFolder'>[];
  /** Of the first program's sources. */
  readonly config?: string;
  /** Other names of the first program. */
  readonly aliases?: readonly string[];
}

/** As in the parts' go.mod. */
const KUBERNETES_VERSION = '1.33.13';
const COREDNS_VERSION = '1.12.1';
const KEDA_VERSION = '2.17.0';
const OPERATOR_VERSION = '2.20.0';

const STRIPPED = '-s -w';
const COMPONENT_VERSION = 'k8s.io/component-base/version';
const [MAJOR, MINOR] = KUBERNETES_VERSION.split('.');

const PARTS: Readonly<Record<keyof Programs, Part>> = {
  kubernetes: {
    name: 'kubernetes',
    version: KUBERNETES_VERSION,
    duration: '5 minutes',
    programs: [
      {
        name: 'kube',
        package: './kube',
        linkerFlags:
          `${STRIPPED} -X ${COMPONENT_VERSION}.gitVersion=v${KUBERNETES_VERSION} ` +
          `-X ${COMPONENT_VERSION}.gitMajor=${MAJOR} -X ${COMPONENT_VERSION}.gitMinor=${MINOR}`,
      },
      { name: 'pause', package: './pause', linkerFlags: STRIPPED },
    ],
    aliases: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'],
  },
  dns: {
    name: 'coredns',
    version: COREDNS_VERSION,
    duration: '1 minute',
    programs: [{ name: 'coredns', package: '.', linkerFlags: STRIPPED }],
  },
  keda: {
    name: 'keda',
    version: KEDA_VERSION,
    duration: '5 minutes',
    programs: [
      { name: 'keda-operator', package: 'github.com/kedacore/keda/v2/cmd/operator', linkerFlags: STRIPPED },
      { name: 'keda-adapter', package: 'github.com/kedacore/keda/v2/cmd/adapter', linkerFlags: STRIPPED },
    ],
    config: '../../config',
  },
  operator: {
    name: 'cluster-operator',
    version: OPERATOR_VERSION,
    duration: '2 minutes',
    programs: [
      {
        name: 'cluster-operator',
        package: 'github.com/rabbitmq/cluster-operator/v2/cmd',
        linkerFlags: STRIPPED,
      },
    ],
    config: '../config',
  },
};

const PROGRESS_INTERVAL_MS = 15_000;

/**
 * One part after the other: each makes use of all processors.
 * @throws Error with the reason when one can't be built
 */
export async function ensurePrograms(say: (text: string) => void): Promise<Programs> {
  const folders = {
    kubernetes: folderOf(PARTS.kubernetes),
    dns: folderOf(PARTS.dns),
    keda: folderOf(PARTS.keda),
    operator: folderOf(PARTS.operator),
  };
  if (Object.values(folders).every((folder) => fs.existsSync(folder))) return folders;
  const workFolder = path.join(cacheFolder(), 'rigs', 'k8s-build');
  const unlock = await acquireLock(`${workFolder}.lock`, {
    timeoutMs: BUILD_TIMEOUT_MS,
    onWait: (holder) => {
      say(`process ${holder} builds Kubernetes' programs: waiting for it`);
    },
  });
  try {
    const missing = Object.values(PARTS).filter((part) => !fs.existsSync(folderOf(part)));
    for (const part of missing) {
      const isLast = part === missing.at(-1);
      await cachedFolder(folderOf(part), BUILD_TIMEOUT_MS, (half) =>
        build(part, half, workFolder, isLast, say),
      );
    }
  } finally {
    unlock();
  }
  return folders;
}

function moduleOf({ name }: Part): string {
  return path.join(__dirname, 'go', name);
}

/** Other sources, other versions and other flags are other programs. */
function folderOf(part: Part): string {
  const folder = moduleOf(part);
  const sum = crypto.createHash('sha256').update(JSON.stringify(part));
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of names.filter((one) => /\.(go|mod|sum)$/.test(one))) {
    sum.update(name).update(fs.readFileSync(path.join(folder, name)));
  }
  const hash = sum.digest('hex').slice(0, 8);
  return path.join(cacheFolder(), 'rigs', `k8s-${part.name}-${part.version}-${process.arch}-${hash}`);
}

async function build(
  part: Part,
  folder: string,
  workFolder: string,
  isLast: boolean,
  say: (text: string) => void,
): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  const work = {
    folder,
    workFolder,
    isWorkKept: !isLast,
    title: `building ${part.name} ${part.version} with Go (once, about ${part.duration})`,
    onProgress: say,
    progressIntervalMs: PROGRESS_INTERVAL_MS,
    env: process.env,
  };
  const programs = part.programs.map((program) => ({ ...program, moduleFolder: moduleOf(part) }));
  await withGo(work, async (buildProgram, go) => {
    for (const program of programs) await buildProgram(program);
    const [first] = programs;
    if (first === undefined) return;
    for (const alias of part.aliases ?? []) fs.symlinkSync(first.name, path.join(folder, alias));
    if (part.config === undefined) return;
    const config = path.join(await sourcesOf(go, first), part.config);
    fs.cpSync(config, path.join(folder, 'config'), { recursive: true });
  });
}
