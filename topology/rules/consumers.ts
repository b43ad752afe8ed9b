/** Who consumes from which queue, and who may: shared by the rules about it. */
import type { Permission, Topology, Vhost, Worker } from '../model';
import { patternMatches } from '../patterns/languages';
import { parameterField, shovelsOf } from './parameterField';

/** The workers of a vhost by the names of their queues. */
export function workersByQueue(
  workers: readonly Worker[],
  vhost: string,
): ReadonlyMap<string, readonly Worker[]> {
  const byQueue = new Map<string, Worker[]>();
  for (const worker of workers) {
    if (worker.vhost !== vhost) continue;
    for (const queue of new Set(worker.queues)) {
      const others = byQueue.get(queue);
      if (others === undefined) byQueue.set(queue, [worker]);
      else others.push(worker);
    }
  }
  return byQueue;
}

/** What the users may do in a vhost. */
export class Access {
  readonly permissions: readonly Permission[];
  readonly #readPatterns: readonly string[];

  constructor({ users }: Topology, vhost: string) {
    this.permissions = users.flatMap((user) => user.permissions.filter((each) => each.vhost === vhost));
    this.#readPatterns = [...new Set(this.permissions.map(({ read }) => read))];
  }

  /** Whether some user may consume from a queue of that name, or bind queues to an exchange of that name. */
  mayRead(name: string): boolean {
    return this.#readPatterns.some((pattern) => patternMatches(pattern, name));
  }
}

/** Queues and exchanges that the shovels of a vhost take messages from. */
export function shovelled(vhost: Vhost): ReadonlySet<unknown> {
  return new Set(
    shovelsOf([vhost]).flatMap((shovel) => [
      parameterField(shovel, 'src-queue'),
      parameterField(shovel, 'src-exchange'),
    ]),
  );
}

/** Whether a Celery application works in the vhost. */
export function usesCelery(vhost: Vhost, { users, workers }: Topology): boolean {
  return (
    vhost.celery !== undefined ||
    users.some(({ roles }) => roles.some((role) => role.vhost === vhost.name && role.celery.length > 0)) ||
    workers.some((worker) => worker.vhost === vhost.name && isCeleryWorker(worker))
  );
}

export function isCeleryWorker({ command }: Worker): boolean {
  const words = commandWords(command);
  return words.some((word) => /(^|\/)celery$/.test(word)) && words.includes('worker');
}

/** `celery beat`, or a worker with a beat in it. */
export function isScheduler({ command }: Pick<Worker, 'command'>): boolean {
  const words = commandWords(command);
  if (!words.some((word) => /(^|\/)celery$/.test(word))) return false;
  // What follows an option is its value: an application may have that name, too.
  if (words.some((word, index) => word === 'beat' && words[index - 1]?.startsWith('-') === false))
    return true;
  return words.includes('worker') && words.some((word) => /^(-B|--beat)$/.test(word));
}

/** The words of a command. Only what is handed to a shell, or is all of the command, is taken apart: a word may hold blanks. */
export function commandWords(command: readonly string[]): string[] {
  const shell = command.findIndex((part) => /(^|\/)(ba|da|a|z|k)?sh$/.test(part));
  const isText = (index: number): boolean =>
    command.length === 1 || (shell >= 0 && index > shell + 1 && /^-[a-z]*c$/.test(command[index - 1] ?? ''));
  return command
    .flatMap((part, index) => (isText(index) ? part.split(/\s+/) : [part]))
    .filter((word) => word !== '');
}
