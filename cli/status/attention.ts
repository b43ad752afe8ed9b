/** What of the facts needs somebody. Each has a code that stays, for scripts. */
import { isAvailable } from '../../broker/figures/queueFigures';
import { counted, printable, thousands } from '../humanText';
import { isWorrying, troubleOf } from './certificateReport';
import { dlqCommand } from './dlqCommand';
import type { QueueStatus, StatusFacts } from './facts';

export const ATTENTION_CODES = [
  ...(['node-down', 'partition', 'memory-alarm', 'disk-alarm', 'queue-down', 'no-consumers'] as const),
  ...(['waiting-unconsumed', 'too-deep', 'near-limit', 'dead-letters', 'connections-near-limit'] as const),
  ...(['fleet-short', 'leftover', 'unwanted-user', 'drift', 'last-up', 'certificate'] as const),
] as const;
export type AttentionCode = (typeof ATTENTION_CODES)[number];

export interface Attention {
  readonly code: AttentionCode;
  /** `queue paid in vhost shop`. */
  readonly subject: string;
  readonly text: string;
  readonly wayOut: string;
}

/** A queue for the newest message or two is always full. */
const LENGTH_MIN = 10;
/** Of a limit. */
const NEAR = 0.9;

/** The most pressing first. */
export function attentionOf(facts: StatusFacts): readonly Attention[] {
  return [
    ...nodes(facts),
    ...facts.queues.flatMap((queue) => ofQueue(queue, facts)),
    ...fleets(facts),
    ...limits(facts),
    ...ofStack(facts),
    ...facts.leftovers.map(({ what, wayOut }): Attention => ({
      code: 'leftover',
      subject: 'leftover',
      text: what,
      wayOut,
    })),
    ...(facts.certificates ?? [])
      .filter((one) => isWorrying(one, facts.at))
      .map((one): Attention => {
        const { name: subject, wayOut } = one;
        return { code: 'certificate', subject, text: troubleOf(one, facts.at), wayOut };
      }),
  ].sort((a, b) => ATTENTION_CODES.indexOf(a.code) - ATTENTION_CODES.indexOf(b.code));
}

function nodes({ nodes: all }: StatusFacts): readonly Attention[] {
  return all.flatMap((node): Attention[] => {
    const subject = `node ${printable(node.name)}`;
    if (!node.isRunning)
      return [{ code: 'node-down', subject, text: 'is down', wayOut: 'start it; its log says why it ended' }];
    return [
      ...(node.partitions.length === 0
        ? []
        : [
            {
              code: 'partition',
              subject,
              text: `lost sight of ${node.partitions.map(printable).join(', ')}`,
              wayOut: 'mend the network, then restart one side: what it took meanwhile may be lost',
            } as const,
          ]),
      ...(node.hasMemoryAlarm
        ? [
            {
              code: 'memory-alarm',
              subject,
              text: 'has a memory alarm: nobody can publish',
              wayOut: 'empty the deepest queues, or give it more memory',
            } as const,
          ]
        : []),
      ...(node.hasDiskAlarm
        ? [
            {
              code: 'disk-alarm',
              subject,
              text: 'has a disk alarm: nobody can publish',
              wayOut: 'free space where its data is',
            } as const,
          ]
        : []),
    ];
  });
}

function ofQueue(queue: QueueStatus, facts: StatusFacts): readonly Attention[] {
  const { vhost, name, state, ready = 0, depthMax, maxLength, role } = queue;
  const subject = `queue ${printable(name)} in vhost ${printable(vhost)}`;
  const found: Attention[] = [];
  if (!isAvailable(queue)) {
    found.push({
      code: 'queue-down',
      subject,
      text: `is ${state ?? ''}`,
      wayOut: 'start the node that has it, or enough nodes for a majority',
    });
  }
  found.push(...consumption(queue, subject));
  if (depthMax !== undefined && ready > depthMax) {
    found.push({
      code: 'too-deep',
      subject,
      text: `${waiting(ready)}, more than ${thousands(depthMax)} (alerts.depth)`,
      wayOut: 'more workers, or find out why they fail',
    });
  } else if (role === 'dead-letters' && ready > 0 && depthMax === undefined) {
    found.push({
      code: 'dead-letters',
      subject,
      text: counted(ready, 'dead letter'),
      wayOut: dlqCommand(queue, facts),
    });
  }
  if (role !== 'delay' && maxLength !== undefined && maxLength >= LENGTH_MIN && ready > NEAR * maxLength) {
    found.push({
      code: 'near-limit',
      subject,
      text: `${thousands(ready)} of at most ${counted(maxLength, 'message')}`,
      wayOut: 'more workers, or a higher maxLength; full, it does what its overflow says',
    });
  }
  return found;
}

function consumption(queue: QueueStatus, subject: string): readonly Attention[] {
  const { consumers, consumersWanted, ready = 0, role, type, isPassing } = queue;
  if (consumers !== 0 || role !== 'work' || type === 'stream') return [];
  if (consumersWanted === 'always') {
    return [
      {
        code: 'no-consumers',
        subject,
        text: `nobody consumes${ready === 0 ? '' : `, and ${waiting(ready)}`}`,
        wayOut: 'its workers are down, or can’t log in: see their logs, and warren doctor',
      },
    ];
  }
  if (isPassing || ready === 0) return [];
  return [
    {
      code: 'waiting-unconsumed',
      subject,
      text: `${waiting(ready)}, and nobody consumes`,
      wayOut: 'start a consumer, or find out why nothing starts one',
    },
  ];
}

function waiting(ready: number): string {
  return `${counted(ready, 'message')} ${ready === 1 ? 'waits' : 'wait'}`;
}

function fleets({ fleets: all }: StatusFacts): readonly Attention[] {
  return all
    .filter(
      ({ replicasRunning, replicasMin }) => replicasRunning !== undefined && replicasRunning < replicasMin,
    )
    .map(({ name, replicasRunning = 0, replicasMin, silentHosts = [] }) => ({
      code: 'fleet-short',
      subject: `fleet ${printable(name)}`,
      text: `${replicasRunning} of ${counted(replicasMin, 'worker')} run${silentHosts.length === 0 ? '' : `, as far as Docker answers: not ${silentHosts.map(printable).join(', ')}`}`,
      wayOut:
        silentHosts.length === 0
          ? 'see the logs of those that don’t'
          : 'see whether that host is up, and reached from here',
    }));
}

function limits({ limits: all }: StatusFacts): readonly Attention[] {
  return all
    .filter(({ used, max }) => max > 0 && used >= NEAR * max)
    .map(({ of, name, what, used, max }) => ({
      code: 'connections-near-limit',
      subject: `${of} ${printable(name)}`,
      text: `${thousands(used)} of at most ${thousands(max)} ${what}`,
      wayOut: `raise the limit (max${what === 'queues' ? 'Queues' : 'Connections'}), or find out who has so many`,
    }));
}

function ofStack({ stack, unwantedUsers, drift = [], lastUp }: StatusFacts): readonly Attention[] {
  const up = `npx warren up --stack ${stack ?? ''}`;
  return [
    ...unwantedUsers.map((name): Attention => ({
      code: 'unwanted-user',
      subject: `user ${printable(name)}`,
      text: 'is there, and must not be',
      wayOut: up,
    })),
    ...(drift.length === 0
      ? []
      : [
          {
            code: 'drift',
            subject: 'topology',
            text: `${counted(drift.length, 'object')} of the broker ${drift.length === 1 ? 'differs' : 'differ'}: ${examples(drift.map(({ id }) => id))}`,
            wayOut: `npx warren preview --stack ${stack ?? ''}`,
          } as const,
        ]),
    ...(lastUp === undefined || lastUp?.result === 'succeeded'
      ? []
      : [
          {
            code: 'last-up',
            subject: 'last up',
            text:
              lastUp === null
                ? 'there was none yet'
                : lastUp.result === 'failed'
                  ? 'failed'
                  : `is ${lastUp.result}`,
            wayOut: up,
          } as const,
        ]),
  ];
}

const EXAMPLES = 3;

function examples(names: readonly string[]): string {
  const shown = names.slice(0, EXAMPLES).map(printable).join(', ');
  return names.length > EXAMPLES ? `${shown} and ${thousands(names.length - EXAMPLES)} more` : shown;
}
