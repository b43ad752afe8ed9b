/** When a stack was up last, by Pulumi's own history. */
import { mustPulumi } from '../pulumi';
import type { LastUp } from './facts';

interface Entry {
  readonly kind: string;
  readonly result: string;
  readonly startTime: string;
  readonly endTime?: string;
  readonly resourceChanges?: Readonly<Record<string, number>>;
}

/** Refreshes and the like come in between. */
const ENTRIES = 20;

export async function readLastUp(stack: string): Promise<LastUp | null> {
  const json = await mustPulumi(stack, [
    ...['stack', 'history', '--stack', stack],
    ...['--json', '--page-size', String(ENTRIES), '--show-secrets=false'],
  ]);
  const entries = JSON.parse(json) as readonly Entry[] | null;
  const last = (entries ?? []).find(({ kind }) => kind === 'update');
  if (last === undefined) return null;
  const { result, startTime, endTime, resourceChanges = {} } = last;
  return {
    startedAt: new Date(startTime),
    ...(endTime === undefined ? {} : { endedAt: new Date(endTime) }),
    result,
    changes: Object.fromEntries(Object.entries(resourceChanges).filter(([kind]) => kind !== 'same')),
  };
}
