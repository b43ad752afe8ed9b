/** The queues in which the messages of a retry wait, and what else speaks of them: shared by the rules about them. */
import type { Vhost } from '../model';
import { winningPolicy } from '../resolve/index';
import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import type { Path, PathPart } from '../source/index';

export function delayQueues({ queues }: ResolvedVhost): ResolvedQueue[] {
  if (queues.every(({ queue }) => queue.retry === undefined)) return [];
  const stages = new Set(queues.flatMap(({ queue }) => queue.stages ?? []));
  return queues.filter(
    ({ queue }) =>
      queue.isGenerated === true && queue.settings.ttlMs !== undefined && !stages.has(queue.name),
  );
}

/** Who says something of a queue that the queue itself doesn't say. */
export interface Speaker {
  /** At the beginning of a sentence. */
  readonly name: string;
  readonly isMany: boolean;
  readonly help: string;
  readonly path: Path;
  readonly part?: PathPart;
}

/** The speaker of a policy key; `word` is the key's word among the quotas. */
export function speakerOf(
  { queue, type, families }: ResolvedQueue,
  vhost: Vhost,
  key: string,
  word: string,
): Speaker {
  const policy = [vhost.operatorPolicies, vhost.policies]
    .map((policies) => winningPolicy(policies, queue.name, type))
    .find((winner) => winner !== undefined && key in winner.definition);
  if (policy?.isGenerated === true) {
    const help = `Take \`${word}\` out of the quotas, and set it on the queues that it is meant for.`;
    return { name: 'The quotas', isMany: true, help, path: [...policy.path, word], part: 'key' };
  }
  const help = `Let it leave out "${queue.name}".`;
  if (policy !== undefined)
    return { name: `The policy "${policy.name}"`, isMany: false, help, path: policy.path };
  const [family] = families;
  if (family === undefined) return { name: 'A policy', isMany: false, help, path: queue.path };
  const { template, path } = family.family;
  return { name: `The family "${template}"`, isMany: false, help, path };
}

/** "The quotas limit", "The policy "x" limits". */
export function saying({ name, isMany }: Speaker, verb: string): string {
  return `${name} ${verb}${isMany ? '' : 's'}`;
}
