/** The RabbitMQ series that a topology is compiled for, and what they differ in. */

export const TARGETS = ['3.10', '3.11', '3.12', '3.13', '4.0', '4.1', '4.2', '4.3'] as const;
export type Target = (typeof TARGETS)[number];
export const DEFAULT_TARGET: Target = '4.3';

export function isTarget(value: unknown): value is Target {
  return TARGETS.some((target) => target === value);
}

/** Whether `target` is the series `minimum` or a later one. */
export function isAtLeast(target: Target, minimum: Target): boolean {
  return TARGETS.indexOf(target) >= TARGETS.indexOf(minimum);
}

/** Classic queues can be mirrored (`ha-mode`) on 3.x only: 4.0 removed it. */
export function canMirror(target: Target): boolean {
  return !isAtLeast(target, '4.0');
}

/** The series of a broker's version, `3.10` for 3.10.8; of one that isn't known, the nearest before it, else the first. */
export function seriesOf(version: string | undefined): Target | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const rank = (series: string): number => {
    const [first = 0, second = 0] = series.split('.').map(Number);
    return first * 1000 + second;
  };
  const own = rank(`${major}.${minor}`);
  return TARGETS.filter((target) => rank(target) <= own).at(-1) ?? TARGETS[0];
}

/** From which series RabbitMQ goes to which without a stop in between, besides the next one. */
const LONGER_HOPS: Readonly<Record<string, readonly Target[]>> = {
  '3.13': ['4.0', '4.1', '4.2'],
  '4.0': ['4.1', '4.2'],
};

function beside(to: string): string {
  return `Another way is a stack of ${to} beside this one, to which shovels bring the messages (docs/migration.md)`;
}

/** Why a cluster can't be taken from one series to the other by restarting its nodes; undefined where it can. */
export function upgradeObstacle(from: string, to: string): string | undefined {
  if (!isTarget(from) || !isTarget(to) || from === to) return undefined;
  if (isAtLeast(from, to)) {
    return `${from} to ${to} is a downgrade, which RabbitMQ doesn't support: a node of ${to} can't read what ${from} wrote. ${beside(to)}`;
  }
  const next = TARGETS[TARGETS.indexOf(from) + 1];
  const hops = LONGER_HOPS[from] ?? (next === undefined ? [] : [next]);
  if (hops.includes(to)) return undefined;
  const furthest = hops.at(-1) ?? to;
  return `RabbitMQ can't go from ${from} to ${to} in one step. Go to ${furthest} first (target: '${furthest}', and up), then on to ${to}. ${beside(to)}`;
}
