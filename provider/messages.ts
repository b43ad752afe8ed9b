/** The engine's messages: from plain values to what it reads, the same for every package. */
import type { Failure } from './inputs';
import type { Properties, PropertyMap } from './values';
import { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import { canonicalJson } from '../topology/objects';
import { encode } from './values';

export type ChangeKind = 'add' | 'delete' | 'update';

export interface PropertyChange {
  /** In Pulumi's syntax: `settings.arguments["x-max-length"]`. */
  readonly path: string;
  readonly kind: ChangeKind;
  readonly isReplacement: boolean;
  /** Neither the state nor the program has the property: the engine has no values to show for it. */
  readonly isUnseen?: boolean;
}

export interface Difference {
  readonly changes: readonly PropertyChange[];
  /** Delete first: the new object can't be there beside the old one. */
  readonly deleteBeforeReplace: boolean;
  /** To be updated, also where no property changes. */
  readonly isUnfinished?: boolean;
}

export interface PackageName {
  readonly name: string;
  readonly version: string;
}

export function pluginInfo({ version }: PackageName): PluginInfo {
  const response = new PluginInfo();
  response.setVersion(version);
  return response;
}

/** Of the resource types no more than that they exist: the programs have the package's own classes. */
export function schemaOf({ name, version }: PackageName, tokens: readonly string[]): pb.GetSchemaResponse {
  const response = new pb.GetSchemaResponse();
  const resources = Object.fromEntries(tokens.map((token) => [token, {}]));
  response.setSchema(JSON.stringify({ name, version, resources }));
  return response;
}

export function handshake(): pb.ProviderHandshakeResponse {
  const response = new pb.ProviderHandshakeResponse();
  response.setAcceptSecrets(true);
  return response;
}

export function configured(): pb.ConfigureResponse {
  const response = new pb.ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setSupportspreview(true);
  return response;
}

export function struct(properties: Properties): ReturnType<typeof encode> {
  return encode(properties.values, properties.secrets);
}

/** @param quiet properties whose values aren't shown, beside those that are secret */
export function checkResponse(
  inputs: Properties,
  failures: readonly Failure[],
  quiet: readonly string[] = [],
): pb.CheckResponse {
  const response = new pb.CheckResponse();
  response.setInputs(struct(inputs));
  for (const { property, reason } of failures) {
    const failure = new pb.CheckFailure();
    // The engine shows the value of a property that it is told about.
    const isQuiet = inputs.secrets.has(topLevelProperty(property)) || quiet.includes(property);
    failure.setProperty(isQuiet ? '' : property);
    failure.setReason(isQuiet ? `${property}: ${reason}` : reason);
    response.addFailures(failure);
  }
  return response;
}

/** Of what is nowhere but in the state: it is what the state says. */
export function asInState(request: pb.ReadRequest): pb.ReadResponse {
  const response = new pb.ReadResponse();
  response.setId(request.getId());
  response.setProperties(request.getProperties());
  response.setInputs(request.getInputs());
  return response;
}

export function diffResponse(difference: Difference): pb.DiffResponse {
  const response = new pb.DiffResponse();
  const { changes } = difference;
  const { DiffChanges } = pb.DiffResponse;
  const isSame = changes.length === 0 && difference.isUnfinished !== true;
  response.setChanges(isSame ? DiffChanges.DIFF_NONE : DiffChanges.DIFF_SOME);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(difference.deleteBeforeReplace);
  response.setDiffsList([...new Set(changes.map(({ path }) => topLevelProperty(path)))]);
  response.setReplacesList(
    changes.filter((change) => change.isReplacement).map(({ path }) => topLevelProperty(path)),
  );
  for (const change of changes.filter(({ isUnseen }) => isUnseen !== true)) {
    const detail = new pb.PropertyDiff();
    detail.setKind(detailKind(change));
    response.getDetaileddiffMap().set(change.path, detail);
  }
  return response;
}

function detailKind(change: PropertyChange): pb.PropertyDiff.Kind {
  const { Kind } = pb.PropertyDiff;
  switch (change.kind) {
    case 'add':
      return change.isReplacement ? Kind.ADD_REPLACE : Kind.ADD;
    case 'delete':
      return change.isReplacement ? Kind.DELETE_REPLACE : Kind.DELETE;
    case 'update':
      return change.isReplacement ? Kind.UPDATE_REPLACE : Kind.UPDATE;
  }
}

/** What differs between two sides, all of it to be changed in place. */
export function changesInPlace(
  olds: PropertyMap,
  news: PropertyMap,
  isShown: (name: string) => boolean = () => true,
): readonly PropertyChange[] {
  return [...new Set([...Object.keys(olds), ...Object.keys(news)])]
    .filter(
      (name) => isShown(name) && canonicalJson(olds[name] ?? null) !== canonicalJson(news[name] ?? null),
    )
    .map((path) => ({ path, kind: 'update', isReplacement: false }));
}

/** `settings` of `settings.arguments["x-max-length"]`. */
export function topLevelProperty(path: string): string {
  return path.split(/[.[]/)[0] ?? path;
}
