/**
 * A definitions.json that a new cluster begins with: checked before anything boots. Who is the stack's own business
 * isn't taken from it: its administrator, the first user, and users that are to be absent.
 */
import { isRecord } from '../topology/build/values';
import { readDefinitions } from '../topology/definitions/index';
import { renderDiagnostics } from '../topology/render/diagnostics';
import { refusal } from './refusal';
import type { Settings } from './settings';
import { readTopologyText } from './topologyText';

export interface DefinitionsFile {
  readonly file: string;
  /** What is to be loaded; password hashes are in it. */
  readonly content: string;
  readonly users: readonly string[];
  /** Users of the file that stay out. */
  readonly leftOut: readonly string[];
}

const KEY = 'docker.cluster.definitions';
/** They belong to the cluster that was exported, as its name does. */
const OF_ONE_CLUSTER = new Set(['cluster_name', 'internal_cluster_id']);
const OF_USERS = ['permissions', 'topic_permissions', 'user_limits'];

/** @param isOwn users that don't come from the file */
export function readDefinitionsFile(file: string, isOwn: (user: string) => boolean): DefinitionsFile {
  const given = readTopologyText(file);
  if ('fault' in given) {
    throw refusal(
      `${KEY}: can't read ${file} (${given.fault}). The path is relative to the folder of Pulumi.yaml.`,
    );
  }
  const { diagnostics, vhost } = readDefinitions(given.text, file);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  // Without an excerpt of the file: hashes stand in it.
  const shown = renderDiagnostics(errors, new Map(), { format: 'text', color: false });
  if (errors.length > 0) throw refusal(`${KEY} can't be loaded:\n${shown}`);
  if (vhost !== undefined) {
    throw refusal(
      `${KEY}: ${file} has the definitions of the vhost "${vhost}" alone. A cluster begins with those of a whole broker: rabbitmqctl export_definitions FILE`,
    );
  }
  return loadable(JSON.parse(given.text.replace(/^\ufeff/, '')) as Data, file, isOwn);
}

/** Who is on a broker by the stack's own doing, or must not be there. */
export function isOwnUser({ adminUser, absentUsers }: Pick<Settings, 'adminUser' | 'absentUsers'>) {
  return (user: string): boolean =>
    absentUsers.includes(user) ||
    (user.startsWith(`${adminUser}-g`) && /^\d+$/.test(user.slice(adminUser.length + 2)));
}

type Data = Readonly<Record<string, unknown>>;

function loadable(data: Data, file: string, isOwn: (user: string) => boolean): DefinitionsFile {
  const users = tables(data.users);
  const plain = users.find(({ password }) => typeof password === 'string');
  if (plain !== undefined) {
    throw refusal(
      `${KEY}: ${file} has the password of the user "${nameOf(plain)}" in plain text. Put its hash there, as RabbitMQ exports it (password_hash; rabbitmqctl hash_password makes one), and take another password if others could read the file.`,
    );
  }
  const kept = users.filter((user) => !isOwn(nameOf(user)));
  const ofUsers = OF_USERS.filter((section) => section in data).map(
    (section) => [section, tables(data[section]).filter(({ user }) => !isOwn(String(user)))] as const,
  );
  const globals = tables(data.global_parameters).filter((one) => !OF_ONE_CLUSTER.has(nameOf(one)));
  const content = {
    ...data,
    ...('users' in data ? { users: kept } : {}),
    ...Object.fromEntries(ofUsers),
    ...('global_parameters' in data ? { global_parameters: globals } : {}),
  };
  return {
    file,
    content: JSON.stringify(content),
    users: kept.map(nameOf),
    leftOut: users.map(nameOf).filter(isOwn),
  };
}

function tables(section: unknown): readonly Data[] {
  return Array.isArray(section) ? section.filter(isRecord) : [];
}

function nameOf({ name }: Data): string {
  return String(name);
}
