/** `warren status --certificates`: how long each certificate of a stack is still good for. */
import { table } from '../../topology/render/table';
import type { FoundCertificate } from './certificates';

const DAY_MS = 86_400_000;
/** Time enough for those who have to be asked. */
const WARN_DAYS = 30;

/** Whole days; negative where it has ended. */
export function daysLeft(endsAt: Date, now: Date): number {
  return Math.floor((endsAt.getTime() - now.getTime()) / DAY_MS);
}

/** Whether somebody has to do something. */
export function isWorrying({ endsAt }: FoundCertificate, now: Date): boolean {
  return endsAt === undefined || daysLeft(endsAt, now) < WARN_DAYS;
}

export function certificatesAsText(all: readonly FoundCertificate[], now: Date): string {
  if (all.length === 0) {
    return 'The stack has no certificates: nothing of it speaks TLS.\n';
  }
  const rows = all.map((one) => [
    one.name,
    one.endsAt === undefined ? '' : dayOf(one.endsAt),
    leftOf(one, now),
  ]);
  const worrying = all.filter((one) => isWorrying(one, now));
  return [
    table(['certificate', 'ends', 'left'], rows),
    '',
    ...worrying.map((one) => `${one.name} ${troubleOf(one, now)}: ${one.wayOut}.`),
    ...(worrying.length === 0 ? [`All of them are good for ${WARN_DAYS} days and more.`] : []),
    '',
  ].join('\n');
}

export function certificatesAsJson(all: readonly FoundCertificate[], now: Date): readonly object[] {
  return all.map((one) => ({
    name: one.name,
    ...(one.endsAt === undefined
      ? { fault: one.fault ?? '' }
      : { endsAt: one.endsAt.toISOString(), daysLeft: daysLeft(one.endsAt, now) }),
    isWorrying: isWorrying(one, now),
    wayOut: one.wayOut,
  }));
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function leftOf(one: FoundCertificate, now: Date): string {
  if (one.endsAt === undefined) return one.fault ?? '';
  const days = daysLeft(one.endsAt, now);
  return days < 0 ? 'over' : `${days} ${days === 1 ? 'day' : 'days'}`;
}

export function troubleOf({ endsAt, fault }: FoundCertificate, now: Date): string {
  if (endsAt === undefined) return fault ?? '';
  const days = daysLeft(endsAt, now);
  if (days < 0) return `has ended on ${dayOf(endsAt)}, and nobody accepts it any more`;
  return days === 0 ? 'ends today' : `ends in ${days} ${days === 1 ? 'day' : 'days'}`;
}
