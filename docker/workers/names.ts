import type { FleetPlan } from '../../platform/fleetPlan';

const UNSAFE = /[^a-zA-Z0-9_.-]/g;

/** Of a fleet whose names begin with these words; Docker's have fewer characters than the topology's. */
export function containerNames(
  words: readonly string[],
  { replicasMax }: Pick<FleetPlan, 'replicasMax'>,
): readonly string[] {
  return Array.from({ length: replicasMax }, (_, index) => safeName(...words, String(index + 1)));
}

export function safeName(...words: readonly string[]): string {
  return words.join('-').replace(UNSAFE, '-');
}
