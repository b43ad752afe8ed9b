/** The engine's calls for things that the provider makes by itself. */
import type { AnyMadeType } from './madeType';
import type { Plugin } from './plugin';
import type { Properties, PropertyMap } from './values';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import { readInputs } from './inputs';
import { asInState, changesInPlace, checkResponse, diffResponse, struct } from './messages';
import { typeTokenOf } from './urns';
import { decode, hasUnknown, UNKNOWN, withoutBookkeeping } from './values';

export function isMade(plugin: Plugin, urn: string): boolean {
  return madeTypeOf(plugin, urn) !== undefined;
}

export function check(plugin: Plugin, request: pb.CheckRequest): pb.CheckResponse {
  const news = decode(request.getNews());
  const inputs = readInputs(news.values);
  knownType(plugin, request.getUrn()).parse(inputs);
  return checkResponse(news, inputs.failures);
}

export async function diff(plugin: Plugin, request: pb.DiffRequest): Promise<pb.DiffResponse> {
  const type = knownType(plugin, request.getUrn());
  const state = withoutBookkeeping(decode(request.getOlds()).values);
  const news = withoutBookkeeping(decode(request.getNews()).values);
  const changes = [...changesInPlace(without(state, type.outputs), news)];
  const warning = type.warning?.(state, new Date());
  if (warning !== undefined) await plugin.log('warning', warning, request.getUrn());
  const staleness = type.staleness?.(state, new Date());
  if (staleness !== undefined) {
    void plugin.log('status', staleness, request.getUrn());
    changes.push(...type.outputs.map((path) => ({ path, kind: 'update', isReplacement: false }) as const));
  }
  return diffResponse({ changes, deleteBeforeReplace: false });
}

export function create(plugin: Plugin, request: pb.CreateRequest): pb.CreateResponse {
  const type = knownType(plugin, request.getUrn());
  const response = new pb.CreateResponse();
  response.setProperties(struct(made(type, decode(request.getProperties()), request.getPreview())));
  if (!request.getPreview()) response.setId('made');
  return response;
}

export function read(_plugin: Plugin, request: pb.ReadRequest): pb.ReadResponse {
  return asInState(request);
}

export function update(plugin: Plugin, request: pb.UpdateRequest): pb.UpdateResponse {
  const type = knownType(plugin, request.getUrn());
  const response = new pb.UpdateResponse();
  response.setProperties(struct(made(type, decode(request.getNews()), request.getPreview())));
  return response;
}

export function remove(): Empty {
  return new Empty();
}

/** What was put in, and what is made of it; a preview makes nothing. */
function made(type: AnyMadeType, { values, secrets }: Properties, isPreview: boolean): Properties {
  const outputs =
    isPreview || hasUnknown(values)
      ? Object.fromEntries(type.outputs.map((name) => [name, UNKNOWN]))
      : type.make(type.parse(readInputs(values)) as object, new Date());
  return { values: { ...values, ...outputs }, secrets: new Set([...secrets, ...type.secrets]) };
}

function without(values: PropertyMap, names: readonly string[]): PropertyMap {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

function madeTypeOf({ package: { made: types = [] } }: Plugin, urn: string): AnyMadeType | undefined {
  const token = typeTokenOf(urn);
  return types.find((type) => type.token === token);
}

function knownType(plugin: Plugin, urn: string): AnyMadeType {
  const type = madeTypeOf(plugin, urn);
  if (type === undefined) throw new Error(`nothing that is made: ${urn}`);
  return type;
}
