/**
 * What makes a RabbitMQ node private: a name, folders and ports of its own, everything on 127.0.0.1, and an epmd
 * (Erlang's name server) of its own, so that nothing that already runs on the machine is seen or touched.
 */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface NodePorts {
  readonly amqp: number;
  readonly management: number;
  /** Erlang distribution: what rabbitmqctl talks to. */
  readonly distribution: number;
  readonly epmd: number;
  /** Only for a node with the stream plugin. */
  readonly stream?: number;
}

export interface PrivateNode {
  /** Without the host part, e.g. `warren-3f2a`. */
  readonly name: string;
  /** Where the node sees its folder: another path than ours when it runs in a chroot. */
  readonly folder: string;
  readonly ports: NodePorts;
  /** Beyond the management plugin. */
  readonly plugins?: readonly string[];
  /** Further lines of rabbitmq.conf, in place of the limits that a guest of somebody's machine gets. */
  readonly conf?: readonly string[];
}

/** The node's name as Erlang says it. */
export function fullNodeName(node: PrivateNode): string {
  return `${node.name}@localhost`;
}

/** Writes the configuration files of `node` into `folder`, which is the node's folder as this process sees it. */
export function writeNodeFiles(node: PrivateNode, folder: string): void {
  for (const part of ['db', 'log', 'generated']) fs.mkdirSync(path.join(folder, part), { recursive: true });
  writeCookie(path.join(folder, '.erlang.cookie'));
  fs.writeFileSync(path.join(folder, 'enabled_plugins'), enabledPlugins(node.plugins));
  // Without this file RabbitMQ would read the one of the system's own service.
  fs.writeFileSync(path.join(folder, 'rabbitmq-env.conf'), '');
  fs.writeFileSync(path.join(folder, 'rabbitmq.conf'), nodeConfig(node));
  fs.writeFileSync(path.join(folder, 'advanced.config'), '[].\n');
}

/** The content of a broker's file `enabled_plugins`. */
export function enabledPlugins(beyondManagement: readonly string[] = []): string {
  return `[${['rabbitmq_management', ...beyondManagement].join(',')}].\n`;
}

/** Whoever knows it may run code in the node, so it is not left to Erlang's own weak choice. Kept over restarts. */
function writeCookie(file: string): void {
  if (fs.existsSync(file)) return;
  fs.writeFileSync(file, crypto.randomBytes(24).toString('hex'), { mode: 0o400 });
}

/** A guest of this machine must not take half of its memory, nor stop because the disk is nearly full. */
const GUEST_LIMITS = ['vm_memory_high_watermark.absolute = 1GB', 'disk_free_limit.absolute = 50MB'];

function nodeConfig(node: PrivateNode): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${node.ports.amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${node.ports.management}`,
    // The plugin would listen on every address, on one port that all nodes of a machine share. Without the plugin
    // the key is unknown, and the node doesn't boot.
    ...(node.ports.stream === undefined ? [] : [`stream.listeners.tcp.1 = 127.0.0.1:${node.ports.stream}`]),
    ...(node.conf ?? GUEST_LIMITS),
    '',
  ].join('\n');
}

/** The whole environment of the node: nothing of ours gets in, so no RABBITMQ_ variable of the user's either. */
export function nodeEnvironment(node: PrivateNode, searchPath: string): Record<string, string> {
  const inFolder = (name: string) => path.posix.join(node.folder, name);
  return {
    PATH: searchPath,
    LANG: 'C.UTF-8',
    // Erlang's cookie lies in the home folder.
    HOME: node.folder,
    ERL_CRASH_DUMP: inFolder('erl_crash.dump'),
    ERL_EPMD_PORT: String(node.ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: fullNodeName(node),
    RABBITMQ_DIST_PORT: String(node.ports.distribution),
    RABBITMQ_BASE: node.folder,
    RABBITMQ_MNESIA_BASE: inFolder('db'),
    RABBITMQ_LOG_BASE: inFolder('log'),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: inFolder('advanced.config'),
    RABBITMQ_CONF_ENV_FILE: inFolder('rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: inFolder('generated'),
    RABBITMQ_PID_FILE: inFolder('node.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
}
