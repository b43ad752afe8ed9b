/**
 * `warren status`: one screen about a broker; by options, how long a stack's certificates are good for, or who can do
 * what on its broker, and where that isn't what the topology says.
 */
import { readSnapshot } from '../../broker/snapshot';
import { accessReport, type Access, type AccessEntry } from '../../topology/accessReport';
import type { BrokerObject } from '../../topology/objects';
import { table } from '../../topology/render/table';
import { configArguments } from '../configFile';
import { ExitCode } from '../exitCodes';
import {
  absentUsers,
  exportedStack,
  loadTopology,
  openStackBroker,
  readConfig,
  readOutputs,
  withBrokerNames,
} from '../stackBroker';
import type { OperatedOptions } from '../operated';
import { usernamesIn } from '../stackState';
import { certificatesAsJson, certificatesAsText, isWorrying } from '../status/certificateReport';
import { findCertificates, type AskedOfStack } from '../status/certificates';
import { showStatus } from '../status/show';
import { UserError } from '../userError';

export interface StatusOptions extends Pick<OperatedOptions, 'live' | 'configFile'> {
  readonly stack?: string;
  readonly access?: boolean;
  readonly certificates?: boolean;
  readonly json?: boolean;
  readonly all?: boolean;
  /** Seconds between two screens; `true` for the usual ones. */
  readonly watch?: string | true;
}

/** One part of it: for people, for programs, and whether somebody has to do something. */
interface Part {
  readonly text: string;
  readonly json: object;
  readonly isFine: boolean;
}

export async function status(options: StatusOptions): Promise<number> {
  const { stack, configFile, json = false, access = false, certificates = false } = options;
  if (!access && !certificates) return showStatus(options);
  if (stack === undefined)
    throw new UserError('--access and --certificates are about a stack: say --stack STACK');
  const [config, exported] = await Promise.all([
    readConfig(stack, configArguments(configFile)),
    exportedStack(stack),
  ]);
  const asked = { stack, config, exported, outputs: await readOutputs(stack) };
  const parts = [
    ...(certificates ? [await certificatesPart(asked)] : []),
    ...(access ? [await accessPart(asked)] : []),
  ];
  process.stdout.write(
    json
      ? `${JSON.stringify(Object.assign({}, ...parts.map((part) => part.json)), undefined, 2)}\n`
      : parts.map(({ text }) => text).join('\n'),
  );
  return parts.every(({ isFine }) => isFine) ? ExitCode.ok : ExitCode.findings;
}

async function certificatesPart(asked: AskedOfStack): Promise<Part> {
  const now = new Date();
  const found = await findCertificates(asked);
  return {
    text: certificatesAsText(found, now),
    json: { certificates: certificatesAsJson(found, now) },
    isFine: !found.some((one) => isWorrying(one, now)),
  };
}

async function accessPart({ stack, config, outputs, exported }: AskedOfStack): Promise<Part> {
  const wanted = withBrokerNames(loadTopology(stack, config).objects, config);
  const broker = await openStackBroker(config, outputs);
  try {
    const found = (await readSnapshot(broker)).objects();
    const own = ownUsers(usernamesIn(exported), wanted);
    const entries = accessReport(
      wanted,
      found.filter((object) => !own.has(userOf(object) ?? '')),
    );
    return {
      text: asText(entries, [...own], absentUsers(config)),
      json: { entries, ownUsers: [...own] },
      isFine: entries.every(({ state }) => state === 'same'),
    };
  } finally {
    await broker.close();
  }
}

/** The administrator, and what a platform needs for itself: made by the stack, and in no topology. */
function ownUsers(made: readonly string[], wanted: readonly BrokerObject[]): ReadonlySet<string> {
  const named = new Set(wanted.map(userOf));
  return new Set(made.filter((name) => !named.has(name)));
}

function userOf(object: BrokerObject): string | undefined {
  if (object.kind === 'user') return object.name;
  return object.kind === 'permissions' || object.kind === 'topicPermissions' ? object.user : undefined;
}

function asText(entries: readonly AccessEntry[], own: readonly string[], absent: readonly string[]): string {
  const differences = entries.filter(({ state }) => state !== 'same');
  const unwanted = differences.filter(({ user, vhost }) => vhost === undefined && absent.includes(user));
  return [
    table(['user', 'vhost', 'configure', 'write', 'read', 'exchange', 'state'], entries.flatMap(rowsOf)),
    '',
    `Of the stack itself, and in no topology: ${own.length === 0 ? 'nobody' : own.join(', ')}.`,
    ...unwanted.map(({ user }) => `${user} must not exist: the next \`up\` deletes it.`),
    differences.length === 0
      ? 'The broker has what the topology says.'
      : `${differences.length} of ${entries.length} entries differ; an \`up\` puts right what the stack has made, and leaves alone what is only on the broker.`,
    '',
  ].join('\n');
}

/** What the broker has; where that is something else, what the topology says on the next line. */
function rowsOf({ user, vhost, state, wanted, found }: AccessEntry): string[][] {
  const shown = found ?? wanted ?? {};
  const rows = linesOf(user, vhost, shown, state === 'same' ? '' : state);
  if (state !== 'different') return rows;
  return [...rows, ...linesOf('', undefined, wanted ?? {}, 'in the topology')];
}

function linesOf(user: string, vhost: string | undefined, access: Access, state: string): string[][] {
  const { tags, permissions, topics = [] } = access;
  const name = tags === undefined || tags.length === 0 ? user : `${user} (${tags.join(', ')})`;
  const patterns = [permissions?.configure ?? '', permissions?.write ?? '', permissions?.read ?? ''];
  return [
    [name, vhost ?? '', ...patterns, '', state],
    ...topics.map(({ exchange, write, read }) => ['', '', '', write, read, exchange, '']),
  ];
}
