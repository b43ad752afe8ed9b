/** The command that looks into a queue, to be copied into a shell: queues may have any names. */
import { printable } from '../humanText';

export interface AskedBroker {
  /** Absent for a broker at a URL. */
  readonly stack?: string;
  readonly endpoint: string;
  readonly queues: readonly NamedQueue[];
}

interface NamedQueue {
  readonly vhost: string;
  readonly name: string;
}

export function dlqCommand({ name, vhost }: NamedQueue, { stack, endpoint, queues }: AskedBroker): string {
  const isAlone = queues.filter((one) => one.name === name).length === 1;
  const which = stack === undefined ? `--live ${endpoint}` : `--stack ${stack}`;
  return `npx warren dlq show ${shellWord(name)} ${which}${isAlone ? '' : ` --vhost ${shellWord(vhost)}`}`;
}

function shellWord(text: string): string {
  const shown = printable(text);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
