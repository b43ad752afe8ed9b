/**
 * Things that the provider makes by itself and that live in the state alone, such as certificates: they are nothing on
 * a broker, and nothing is asked or waited for.
 */
import type { Inputs } from './inputs';
import type { PropertyMap } from './values';

export interface MadeType<T extends object> {
  /** `package:module/type:Type`. */
  readonly token: string;
  /** Names of what is made; nothing that is put in has one of them. */
  readonly outputs: readonly string[];
  /** Of those, what nobody may see. */
  readonly secrets: readonly string[];
  /** Faults are noted in `inputs`. */
  parse(inputs: Inputs): T;
  make(wanted: T, now: Date): PropertyMap;
  /** Why it has to be made anew although nothing else was put in; undefined where it may stay. */
  staleness?(made: PropertyMap, now: Date): string | undefined;
  /** What the user should know about it, as a sentence. */
  warning?(made: PropertyMap, now: Date): string | undefined;
}

// Each is only ever handed things that it parsed itself.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyMadeType = MadeType<any>;
