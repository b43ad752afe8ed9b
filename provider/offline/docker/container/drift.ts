/**
 * What became of a container since the state was written. The genuine plugin compares with the state alone, so that an
 * `up` reports success for a container that somebody has stopped or deleted; only a refresh finds it.
 */
import type { Call, Drift } from '../resource';
import type { PropertyMap } from '../../../values';
import { isEngineError } from '../../../../dockerApi/errors';
import { path } from '../../../../dockerApi/transport';
import type { Inspection } from './inspection';

/** @throws EngineError where the engine can't be asked */
export async function driftOf({ engine, warn }: Call, id: string, state: PropertyMap): Promise<Drift> {
  const named = `The container "${String(state.name)}"`;
  try {
    const { State } = await engine.ask<Inspection>({
      method: 'GET',
      path: `${path('containers', id)}/json`,
      action: `look at the container "${String(state.name)}"`,
    });
    // One that somebody else starts and stops, or that ends by itself, may stand still.
    const isWanted = state.mustRun !== false && state.start !== false && state.rm !== true;
    if (!isWanted || State.Running || State.Restarting) return { state, isGone: false };
    await warn(`${named} doesn't run: it was stopped. It is started again.`);
    return { state: { ...state, mustRun: false }, isGone: false };
  } catch (error) {
    if (!isEngineError(error, 'notFound')) throw error;
    await warn(`${named} is gone: it was deleted. It is made anew.`);
    return { state, isGone: true };
  }
}
