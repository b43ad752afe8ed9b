/**
 * Steps: resources that are nothing on a broker. An operation passes them on its way, waits there until the broker is
 * as far, or is refused. They have a state so that the engine knows when to pass them again: when an input changes.
 */
import type { Inputs } from './inputs';
import type { Session } from './resourceType';
import type { PropertyMap } from './values';

export interface StepCall {
  readonly session: Session;
  /** Shown to the user beside the resource. */
  readonly warn: (message: string) => Promise<void>;
  /** Shown to the user beside the resource while it lasts. */
  readonly status: (message: string) => void;
}

export interface StepType<T extends object> {
  /** `package:module/type:Type`. */
  readonly token: string;
  /** Faults are noted in `inputs`, also those of the way from what the last operation left. */
  parse(inputs: Inputs, before: PropertyMap | undefined): T;
  /** Passes; `before` is how it was passed the last time. */
  pass(call: StepCall, step: T, before: T | undefined): Promise<void>;
  /** What the state has of it beside the inputs, once it was passed; `parse` finds it there. */
  noted?(call: StepCall, step: T, before: T): PropertyMap;
  /** Whether what was passed, and hasn't happened since, has to be passed again although no input has changed. */
  isDue?(call: StepCall, passed: T): Promise<boolean>;
  /** Looks, at every comparison, and warns; changes nothing. */
  look?(call: StepCall, step: T): Promise<void>;
  /** In a preview, where it would be passed anew: says what an operation would meet. */
  foresee?(call: StepCall, step: T, before: T): Promise<void>;
  /** On the way back, before what it depends on is deleted. */
  passBack?(call: StepCall, step: T): Promise<void>;
}

// Each is only ever handed steps that it made itself.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyStepType = StepType<any>;
