import { KIND_WORDS, nameInVhost } from '../objectNames';
import type { BrokerObject } from '../objects';

/** Equal for the same object in every diff: `queue paid@shop`. */
export function idOf(object: BrokerObject): string {
  return `${KIND_WORDS[object.kind].one} ${nameInVhost(object)}`;
}
