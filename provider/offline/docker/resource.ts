/** What a kind of Docker object is to the plugin: a table of properties, and what is done on the engine. */
import type { Failure } from '../../inputs';
import type { PropertyMap } from '../../values';
import type { Engine } from '../../../dockerApi/transport';
import type { Fields } from './properties/fields';

/** What one call of Pulumi's engine is about, besides the object. */
export interface Call {
  readonly engine: Engine;
  /** Shown to the user beside the resource. */
  readonly warn: (message: string) => Promise<void>;
  /** Shown to the user beside the resource while it lasts. */
  readonly status: (message: string) => void;
}

export interface Made {
  readonly id: string;
  readonly state: PropertyMap;
}

/** What the engine says of an object at a comparison. */
export interface Drift {
  readonly state: PropertyMap;
  readonly isGone: boolean;
}

/** Inputs are as `checkProperties` leaves them; the state may be the genuine plugin's. */
export interface DockerType {
  /** `docker:index/kind:Kind` */
  readonly token: string;
  /** Of the genuine plugin's state: another one can't be read. */
  readonly schemaVersion: number;
  readonly fields: Fields;
  /** Properties that only the state has. */
  readonly outputs: readonly string[];
  /** The `name` may be left out, and is then made from the resource's logical name. */
  readonly isAutonamed: boolean;
  /** Two of them can't be there at once, whatever their names. */
  readonly isDeletedFirst: boolean;
  /** Where the state isn't what inputs are compared with. */
  compared?(state: PropertyMap): PropertyMap;
  /** Looks at it, at every comparison, and warns; changes nothing. */
  drift?(call: Call, id: string, state: PropertyMap): Promise<Drift>;
  /** What no table of properties can say; `complete` gets them in their right forms. */
  complete?(inputs: PropertyMap): { readonly values: PropertyMap; readonly failures: readonly Failure[] };
  create(call: Call, inputs: PropertyMap): Promise<Made>;
  /** @param state undefined for an import */
  read(call: Call, id: string, state: PropertyMap | undefined): Promise<Made | undefined>;
  /** Makes it so, also where the last operation broke off. */
  update(call: Call, made: Made, inputs: PropertyMap): Promise<PropertyMap>;
  /** Waits until it is gone; an absent object is fine. */
  remove(call: Call, made: Made): Promise<void>;
}
