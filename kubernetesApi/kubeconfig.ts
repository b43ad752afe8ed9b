/** Which cluster, by a kubeconfig: read here as far as messages and comparisons need it, used by `transport.ts`. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parse } from 'yaml';

export interface KubeSettings {
  /** A file's path (several, parted as in PATH), or its content. */
  readonly kubeconfig?: string;
  /** What a relative path of it is relative to; this process' own folder where it is left out. */
  readonly folder?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly namespace?: string;
}

/** What is wrong, and with which setting. */
export class KubeconfigError extends Error {
  constructor(
    readonly setting: keyof KubeSettings,
    message: string,
  ) {
    super(message);
  }
}

export interface ClusterAddress {
  /** `https://HOST:PORT`. */
  readonly server: string;
  /** Of objects that don't name any. */
  readonly namespace: string;
  /** Two addresses with the same one are the same cluster, whoever logs in. */
  readonly identity: string;
  /** A kubeconfig of exactly this cluster and user, as JSON; undefined inside of a pod. */
  readonly kubeconfig: string | undefined;
}

type Table = Readonly<Record<string, unknown>>;

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly { readonly name: string; readonly cluster: Table }[];
  readonly users?: readonly { readonly name: string; readonly user: Table }[];
  readonly contexts?: readonly { readonly name: string; readonly context: Context }[];
}

interface Context {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

const POD_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** What names a file relative to the kubeconfig's own folder. */
const FILES = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/** @throws KubeconfigError */
export function clusterAddress(settings: KubeSettings, env: NodeJS.ProcessEnv): ClusterAddress {
  const given = settings.kubeconfig ?? '';
  const files = given === '' ? usualFiles(env) : filesIn(given, settings.folder);
  if (files === undefined) return addressOf(readText(given, 'the kubeconfig'), settings);
  if (files.length === 0) return inPod(settings, env);
  return addressOf(merged(files.map(readFile)), settings);
}

/** Undefined where the text isn't paths but the content of a kubeconfig. */
function filesIn(given: string, folder = ''): readonly string[] | undefined {
  if (given.includes('\n') || given.trimStart().startsWith('{')) return undefined;
  const paths = given
    .split(path.delimiter)
    .filter((file) => file !== '')
    .map((file) =>
      file.startsWith('~/') ? path.join(os.homedir(), file.slice(2)) : path.resolve(folder, file),
    );
  // As with kubectl: of several files, those that aren't there are passed over.
  const there = paths.filter((file) => fs.existsSync(file));
  return there.length > 0 ? there : paths;
}

function usualFiles(env: NodeJS.ProcessEnv): readonly string[] {
  const named = filesIn(env.KUBECONFIG ?? '') ?? [];
  if (named.length > 0) return named;
  const usual = path.join(env.HOME ?? os.homedir(), '.kube', 'config');
  return fs.existsSync(usual) ? [usual] : [];
}

function readFile(file: string): Kubeconfig {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KubeconfigError('kubeconfig', `the kubeconfig ${file} can't be read (${code ?? 'unknown'})`);
  }
  const folder = path.dirname(path.resolve(file));
  const config = readText(text, `the kubeconfig ${file}`);
  const absolute = (table: Table): Table =>
    Object.fromEntries(
      Object.entries(table).map(([name, value]) =>
        FILES.includes(name) && typeof value === 'string' && value !== ''
          ? [name, path.resolve(folder, value)]
          : [name, value],
      ),
    );
  return {
    ...config,
    clusters: (config.clusters ?? []).map((item) => ({ ...item, cluster: absolute(item.cluster) })),
    users: (config.users ?? []).map((item) => ({ ...item, user: absolute(item.user) })),
  };
}

function readText(text: string, what: string): Kubeconfig {
  let config: unknown;
  try {
    config = parse(text);
  } catch {
    // Its words would repeat the text, which holds keys.
    throw new KubeconfigError('kubeconfig', `${what} is no YAML`);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new KubeconfigError('kubeconfig', `${what} has neither clusters nor contexts`);
  }
  const lists: readonly (readonly [string, string])[] = [
    ['clusters', 'cluster'],
    ['users', 'user'],
    ['contexts', 'context'],
  ];
  const given = config as Readonly<Record<string, unknown>>;
  const entries = lists.map(([list, part]) => {
    const items = given[list] ?? [];
    const isRight =
      Array.isArray(items) && items.every((item: Table | null) => typeof item?.name === 'string');
    if (!isRight) throw new KubeconfigError('kubeconfig', `\`${list}\` of ${what} is no list of named items`);
    return [list, (items as Table[]).map((item) => ({ name: item.name, [part]: item[part] ?? {} }))] as const;
  });
  return { ...given, ...Object.fromEntries(entries) };
}

/** The first one to name something says what it is. */
function merged(configs: readonly Kubeconfig[]): Kubeconfig {
  const named = configs
    .map((config) => config['current-context'])
    .find((name) => name !== undefined && name !== '');
  return {
    ...(named === undefined ? {} : { 'current-context': named }),
    clusters: configs.flatMap(({ clusters = [] }) => clusters),
    users: configs.flatMap(({ users = [] }) => users),
    contexts: configs.flatMap(({ contexts = [] }) => contexts),
  };
}

function addressOf(config: Kubeconfig, settings: KubeSettings): ClusterAddress {
  const { clusters = [], users = [], contexts = [] } = config;
  const contextName = settings.context ?? config['current-context'] ?? '';
  const context = contexts.find(({ name }) => name === contextName)?.context;
  if (context === undefined && !(contextName === '' && settings.cluster !== undefined)) {
    const names = contexts.map(({ name }) => name).join(', ');
    const why =
      contextName === ''
        ? `the kubeconfig has no current context: say which one with \`context\`. It has: ${names}`
        : `the kubeconfig has no context "${contextName}". It has: ${names}`;
    throw new KubeconfigError(settings.context === undefined ? 'kubeconfig' : 'context', why);
  }
  const clusterName = settings.cluster ?? context?.cluster ?? '';
  const cluster = clusters.find(({ name }) => name === clusterName)?.cluster;
  if (typeof cluster?.server !== 'string') {
    const names = clusters.map(({ name }) => name).join(', ');
    throw new KubeconfigError(
      settings.cluster === undefined ? 'kubeconfig' : 'cluster',
      `the kubeconfig has no cluster "${clusterName}" with a \`server\`. It has: ${names}`,
    );
  }
  const user = users.find(({ name }) => name === context?.user)?.user;
  if (user === undefined && context?.user !== undefined && context.user !== '') {
    throw new KubeconfigError('kubeconfig', `the kubeconfig has no user "${context.user}"`);
  }
  const one = {
    'current-context': 'used',
    clusters: [{ name: 'used', cluster }],
    users: [{ name: 'used', user: user ?? {} }],
    contexts: [{ name: 'used', context: { cluster: 'used', user: 'used' } }],
  };
  return {
    server: cluster.server.replace(/\/$/, ''),
    namespace: settings.namespace ?? context?.namespace ?? 'default',
    identity: JSON.stringify(cluster, Object.keys(cluster).sort()),
    kubeconfig: JSON.stringify(one),
  };
}

/** A program that runs in the cluster itself has the pod's own token. */
function inPod(settings: KubeSettings, env: NodeJS.ProcessEnv): ClusterAddress {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (host === undefined || !fs.existsSync(path.join(POD_FOLDER, 'token'))) {
    throw new KubeconfigError(
      'kubeconfig',
      'there is no kubeconfig: neither `kubeconfig` of the provider, nor KUBECONFIG, nor ~/.kube/config',
    );
  }
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const file = path.join(POD_FOLDER, 'namespace');
  const own = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : 'default';
  return { server, namespace: settings.namespace ?? own, identity: server, kubeconfig: undefined };
}
