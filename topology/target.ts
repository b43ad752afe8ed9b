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
