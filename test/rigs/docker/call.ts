import type { Engine } from '../../../dockerApi/transport';
import type { Call } from '../../../provider/offline/docker/resource';

/** A call to the engine that isn't Pulumi's: nobody hears of its progress. */
export function silentCall(engine: Engine): Call {
  return { engine, warn: () => Promise.resolve(), status: () => undefined };
}
