/** Kubernetes' own programs, CoreDNS, and what is added to a cluster, built once from pinned Go modules. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { acquireLock } from '../../../tools/fileLock';
import { cacheFolder } from '../../../tools/folders';
import { BUILD_TIMEOUT_MS, sourcesOf, withGo, type GoProgram } from '../../../tools/goModules';
import { cachedFolder } from '../cachedFolder';

/** Folders. Those of what is added to a cluster also have a folder `config`: its manifests. */
export interface Programs {
  readonly kubernetes: string;
  readonly dns: string;
  readonly keda: string;
  readonly operator: string;
  /** Where WARREN_TEST_K8S_ADDONS asks for it, as for the next: building them takes minutes. */
  readonly certManager?: string;
  readonly metricsServer?: string;
}

interface Part {
  readonly name: string;
  readonly version: string;
  readonly duration: string;
  readonly programs: readonly Omit<GoProgram, 'moduleFolder'>[];
  /** Seen from the sources of the first program, or of `configOf`. */
  readonly config?: string;
  /** Package. */
  readonly configOf?: string;
  /** Other names of the first program. */
  readonly aliases?: readonly string[];
}

/** As in the parts' go.mod. */
const KUBERNETES_VERSION = '1.33.13';
const COREDNS_VERSION = '1.12.1';
const KEDA_VERSION = '2.17.0';
const OPERATOR_VERSION = '2.20.0';
const CERT_MANAGER_VERSION = '1.21.2';
const METRICS_SERVER_VERSION = '0.8.0';

const STRIPPED = '-s -w';
const COMPONENT_VERSION = 'k8s.io/component-base/version';
const [MAJOR, MINOR] = KUBERNETES_VERSION.split('.');

const PARTS: Readonly<Record<keyof Required<Programs>, Part>> = {
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
  certManager: {
    name: 'cert-manager',
    version: CERT_MANAGER_VERSION,
    duration: '4 minutes',
    programs: [{ name: 'cert-manager', package: '.', linkerFlags: STRIPPED }],
    config: '../../deploy/crds',
    configOf: 'github.com/cert-manager/cert-manager/pkg/controller',
  },
  metricsServer: {
    name: 'metrics-server',
    version: METRICS_SERVER_VERSION,
    duration: '4 minutes',
    programs: [
      {
        name: 'metrics-server',
        package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
        linkerFlags: STRIPPED,
      },
    ],
    config: '../../manifests/base',
  },
};

const ALWAYS: readonly (keyof Programs)[] = ['kubernetes', 'dns', 'keda', 'operator'];
const FURTHER: readonly (keyof Programs)[] = ['certManager', 'metricsServer'];

/** With those that WARREN_TEST_K8S_ADDONS names. @throws Error for one that isn't known */
function wantedParts(): readonly (keyof Programs)[] {
  const asked = (process.env.WARREN_TEST_K8S_ADDONS ?? '').split(',').filter((name) => name !== '');
  const known = FURTHER.map((key) => PARTS[key].name);
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown === undefined) return [...ALWAYS, ...FURTHER.filter((key) => asked.includes(PARTS[key].name))];
  throw new Error(`WARREN_TEST_K8S_ADDONS names "${unknown}"; it can name ${known.join(', ')}`);
}

const PROGRESS_INTERVAL_MS = 15_000;

/**
 * One part after the other: each makes use of all processors.
 * @throws Error with the reason when one can't be built
 */
export async function ensurePrograms(say: (text: string) => void): Promise<Programs> {
  const wanted = wantedParts();
  const folders = Object.fromEntries(wanted.map((key) => [key, folderOf(PARTS[key])])) as unknown as Programs;
  if (wanted.every((key) => fs.existsSync(folderOf(PARTS[key])))) return folders;
  const workFolder = path.join(cacheFolder(), 'rigs', 'k8s-build');
  const unlock = await acquireLock(`${workFolder}.lock`, {
    timeoutMs: BUILD_TIMEOUT_MS,
    onWait: (holder) => {
      say(`process ${holder} builds Kubernetes' programs: waiting for it`);
    },
  });
  try {
    const missing = wanted.map((key) => PARTS[key]).filter((part) => !fs.existsSync(folderOf(part)));
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
    const { configOf = first.package } = part;
    const config = path.join(await sourcesOf(go, { ...first, package: configOf }), part.config);
    fs.cpSync(config, path.join(folder, 'config'), { recursive: true });
  });
}
