/** What is remembered of a local broker, in `broker.json` of its state folder. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { NodePorts } from './node';

export interface NodeRecord {
  readonly kind: 'node';
  readonly nodeName: string;
  readonly ports: NodePorts;
  /** The server's folder, e.g. /usr/lib/rabbitmq/bin. */
  readonly programFolder: string;
  /** Absent once it was stopped in order. */
  readonly serverPid?: number;
  readonly epmdPid?: number;
}

export interface ContainerRecord {
  readonly kind: 'container';
  readonly containerName: string;
  readonly image: string;
  readonly ports: Pick<NodePorts, 'amqp' | 'management'>;
  /** Beyond those that the image brings. */
  readonly plugins?: readonly string[];
}

export type BrokerRecord = NodeRecord | ContainerRecord;

/** Where broker, container and node get their names from: two state folders never share one. */
export function brokerName(stateFolder: string): string {
  const hash = crypto.createHash('sha256').update(path.resolve(stateFolder)).digest('hex');
  return `warren-${hash.slice(0, 8)}`;
}

/** undefined when there is none (or it can't be read, which is the same: a half-written one names no process). */
export function readRecord(stateFolder: string): BrokerRecord | undefined {
  try {
    return JSON.parse(fs.readFileSync(recordFile(stateFolder), 'utf8')) as BrokerRecord;
  } catch {
    return undefined;
  }
}

export function writeRecord(stateFolder: string, record: BrokerRecord): void {
  const file = recordFile(stateFolder);
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  fs.renameSync(`${file}.new`, file);
}

function recordFile(stateFolder: string): string {
  return path.join(stateFolder, 'broker.json');
}
