/** `warren purge`: everything that is ready in a queue, gone for good, once its number is approved. */
import { closeAmqp } from '../../broker/amqp/connection';
import { reasonIn } from '../../broker/amqp/errors';
import { nearest } from '../../topology/names';
import { templateMatches } from '../../topology/patterns/template';
import { approved } from '../dlq/approval';
import { onQueue, type FoundQueue, type QueueNow, type QueueOptions } from '../dlq/surroundings';
import { ExitCode } from '../exitCodes';
import { counted, printable, thousands } from '../humanText';
import type { Operated } from '../operated';
import { createProgress } from '../progress';
import { UserError } from '../userError';

export interface PurgeOptions extends QueueOptions {
  readonly yes?: string;
  /** Also a queue that isn't in the topology. */
  readonly unmanaged?: boolean;
}

export function purge(queue: string, options: PurgeOptions): Promise<number> {
  return onQueue(queue, options, (operated, found, stop) => {
    refuseUnknown(operated, found, options.unmanaged === true);
    return purgeFound(operated, found, { given: options.yes, stop });
  });
}

/** Of a stack, what isn't its topology's is somebody else's. */
function refuseUnknown(
  { known }: Operated,
  { name, vhostName, settings }: FoundQueue,
  isAllowed: boolean,
): void {
  if (settings.type === 'stream') {
    throw new UserError(
      `"${name}" is a stream, which can't be purged: it ends by age or size (maxAge, maxLengthBytes)`,
    );
  }
  if (known === undefined || isAllowed) return;
  const { topology, stack } = known;
  const vhost = topology.vhosts.find((one) => one.name === vhostName);
  const names = vhost?.queues.map((one) => one.name) ?? [];
  if (
    names.includes(name) ||
    vhost?.families.some(({ template }) => templateMatches(template, name)) === true
  )
    return;
  const meant = nearest(name, names);
  throw new UserError(
    `queue "${name}" in vhost "${vhostName}" isn't in the topology of stack ${stack}: it may be somebody else's${meant === undefined ? '' : `; did you mean "${meant}"?`}. Where it is meant, add --unmanaged`,
  );
}

async function purgeFound(
  operated: Operated,
  { name, vhostName, figures }: QueueNow,
  { given, stop }: { readonly given: string | undefined; readonly stop: AbortSignal },
): Promise<number> {
  const where = `${printable(name)} in vhost ${printable(vhostName)}`;
  const connection = await operated.connect(vhostName, `warren purge ${name}`);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const ready = (await channel.checkQueue(name)).messageCount;
    const held = figures?.unacknowledged ?? 0;
    if (held > 0) {
      createProgress()(
        `${counted(held, 'message')} of ${where} ${held === 1 ? 'is' : 'are'} unacknowledged: with consumers, who keep ${held === 1 ? 'it' : 'them'}; given back, ${held === 1 ? 'it is' : 'they are'} in the queue again`,
      );
    }
    if (ready === 0) {
      process.stdout.write(`Nothing is ready in ${where}.\n`);
      return ExitCode.ok;
    }
    const what = `purge ${counted(ready, 'message')} of ${where}`;
    const allowed = await approved({ amount: ready, given, what, stop });
    if (allowed === undefined) {
      process.stdout.write('Nothing was purged.\n');
      return ExitCode.findings;
    }
    const now = (await channel.checkQueue(name)).messageCount;
    if (now > allowed) {
      throw new UserError(
        `${counted(now - ready, 'message')} came into ${where} meanwhile: there are ${thousands(now)} now, and ${thousands(allowed)} were approved. Nothing was purged. Stop whoever publishes, or approve more`,
      );
    }
    const { messageCount } = await channel.purgeQueue(name);
    process.stdout.write(`Purged ${counted(messageCount, 'message')} of ${where}.\n`);
    return ExitCode.ok;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`can't purge ${where}: ${reasonIn((error as Error).message)}`);
  } finally {
    await closeAmqp(connection);
  }
}
