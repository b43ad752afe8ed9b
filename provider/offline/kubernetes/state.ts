/**
 * What a resource's state is, in the form of the genuine plugin's, which may go on with it: the live object, the inputs
 * in `__inputs`, and in whose name its fields are.
 */
import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../../../kubernetesApi/objects';
import { UserError } from '../../userError';
import type { PropertyMap } from '../../values';
import { PATCH_FIELD_MANAGER, annotationOf, metadataOf, stateForm } from './object';
import { isTable } from './paths';

/** Counts up when an older plugin couldn't read it. */
const STATE_VERSION = 1;

export interface State {
  /** Without bookkeeping. */
  readonly live: PropertyMap;
  readonly inputs: PropertyMap;
  readonly manager: string;
  readonly initialApiVersion: string;
}

export interface Written {
  readonly inputs: PropertyMap;
  readonly live: KubernetesObject;
  readonly manager: string;
  readonly initialApiVersion: string;
}

export function stateOf({ inputs, live, manager, initialApiVersion }: Written): PropertyMap {
  return {
    ...stateForm(live),
    __inputs: inputs,
    __initialApiVersion: initialApiVersion,
    __fieldManager: manager,
    __warren: STATE_VERSION,
  };
}

/** @throws UserError for a state that this plugin can't go on with */
export function readState(urn: string, values: PropertyMap): State {
  const { __inputs, __initialApiVersion, __fieldManager, __warren, ...live } = values;
  if (typeof __warren === 'number' && __warren > STATE_VERSION) throw notOurs('a newer Warren wrote it');
  if ('inputs' in live && 'live' in live) throw notOurs('it has the form of a plugin older than 1.0');
  if (
    typeof live.kind !== 'string' ||
    typeof live.apiVersion !== 'string' ||
    metadataOf(live).name === undefined
  ) {
    throw notOurs('it holds no Kubernetes object');
  }
  return {
    live,
    inputs: isTable(__inputs) ? __inputs : {},
    manager: typeof __fieldManager === 'string' ? __fieldManager : ownManager(urn, live),
    initialApiVersion: typeof __initialApiVersion === 'string' ? __initialApiVersion : live.apiVersion,
  };
}

/**
 * The name that a resource's fields are in. It comes from the URN, so that what an interrupted run has made is known
 * again by the next one, which has no state of it.
 */
export function ownManager(urn: string, inputs: PropertyMap): string {
  const digest = createHash('sha256').update(urn).digest('hex').slice(0, 8);
  return annotationOf(inputs, PATCH_FIELD_MANAGER) ?? `pulumi-kubernetes-${digest}`;
}

/** In whose name an update of it is. */
export function managerOf(state: State, news: PropertyMap): string {
  return annotationOf(news, PATCH_FIELD_MANAGER) ?? state.manager;
}

function notOurs(why: string): UserError {
  return new UserError(
    `The state of this object can't be read by Warren's offline kubernetes plugin: ${why}. ` +
      'Use the plugin that wrote it (the genuine one: `pulumi plugin install resource kubernetes`).',
  );
}
