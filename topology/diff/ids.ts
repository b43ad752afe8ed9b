import { KIND_WORDS, nameInVhost } from '../objectNames';
import type { BrokerObject } from '../objects';

/** Equal for the same object in every diff: `queue paid@shop`. */
export function idOf(object: BrokerObject): string {
  return `${KIND_WORDS[object.kind].one} ${nameInVhost(object)}`;
}

/** The same for an exchange or a queue of which only the name is known. */
export function idOfNamed(kind: string, vhost: string, name: string): string {
  return `${kind} ${name}@${vhost}`;
}
