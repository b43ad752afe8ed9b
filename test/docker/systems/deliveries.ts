/** What became of each notification: from what its publisher knows, the workers' logs, and the dead letters. */
import type { Line } from './system';

/** What test/docker/load/notifications.py says. */
export interface Sent {
  readonly published: number;
  readonly confirmed: number;
  /** Of all that the broker has; their ends say what becomes of them. */
  readonly names: readonly string[];
  /** These were sent from the outbox, and may have been sent before: the answer got lost. */
  readonly waited: readonly string[];
  /** How often each is among the dead letters. */
  readonly dead: Readonly<Record<string, number>>;
  readonly confirmedPerSecond: number;
  readonly publishP95Ms: number;
}

export interface Deliveries {
  /** Attempts that succeeded, by name. */
  readonly attempts: ReadonlyMap<string, readonly number[]>;
  /** Confirmed, and neither delivered nor dead. */
  readonly lost: readonly string[];
  /** Delivered twice, without a mark of the broker, though sent once. */
  readonly doubled: readonly string[];
  /** Dead, though they succeed in time; or twice, though sent once. */
  readonly wronglyDead: readonly string[];
}

export const NEVER = '-never';
const DELIVERED = /^delivered (\S+) attempt=(\d+)( redelivered)?$/;

export function deliveriesOf(sent: Sent, lines: readonly Line[]): Deliveries {
  const delivered = new Map<string, { attempt: number; isMarked: boolean }[]>();
  for (const { text } of lines) {
    const [, name, attempt, mark] = DELIVERED.exec(text) ?? [];
    if (name === undefined) continue;
    const others = delivered.get(name) ?? [];
    others.push({ attempt: Number(attempt), isMarked: mark !== undefined });
    delivered.set(name, others);
  }
  const mayComeTwice = new Set(sent.waited);
  const isDoubled = ([name, times]: [string, readonly { isMarked: boolean }[]]): boolean =>
    !mayComeTwice.has(name) && times.filter(({ isMarked }) => !isMarked).length > 1;
  return {
    attempts: new Map([...delivered].map(([name, times]) => [name, times.map(({ attempt }) => attempt)])),
    lost: sent.names.filter((name) => !delivered.has(name) && sent.dead[name] === undefined),
    doubled: [...delivered].filter(isDoubled).map(([name]) => name),
    wronglyDead: Object.entries(sent.dead)
      .filter(([name, times]) => !name.endsWith(NEVER) || (times > 1 && !mayComeTwice.has(name)))
      .map(([name]) => name),
  };
}
