/** The engine's calls for steps. */
import type { AnyStepType, StepCall } from './stepType';
import type { Plugin } from './plugin';
import type { Properties, PropertyMap } from './values';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import { unlessNotAnswered } from '../broker/api/errors';
import { readInputs } from './inputs';
import { asInState, changesInPlace, checkResponse, diffResponse, struct } from './messages';
import { sessionOf } from './plugin';
import { typeTokenOf } from './urns';
import { decode, withoutBookkeeping } from './values';

function stepTypeOf(plugin: Plugin, urn: string): AnyStepType | undefined {
  const token = typeTokenOf(urn);
  return plugin.package.steps?.find((step) => step.token === token);
}

export function isStep(plugin: Plugin, urn: string): boolean {
  return stepTypeOf(plugin, urn) !== undefined;
}

export function check(plugin: Plugin, request: pb.CheckRequest): pb.CheckResponse {
  const news = decode(request.getNews());
  const olds = withoutBookkeeping(decode(request.getOlds()).values);
  const inputs = readInputs(news.values);
  knownStep(plugin, request.getUrn()).parse(inputs, Object.keys(olds).length === 0 ? undefined : olds);
  return checkResponse(news, inputs.failures);
}

export async function diff(plugin: Plugin, request: pb.DiffRequest): Promise<pb.DiffResponse> {
  const passed = decode(request.getOlds()).values;
  const changes = changesInPlace(
    withoutBookkeeping(passed),
    withoutBookkeeping(decode(request.getNews()).values),
  );
  // What this very operation has just replaced may still be on its way: it is looked at when that was waited for.
  const isUnderWay = changes.length > 0 && plugin.session?.requireBroker === true;
  if (!isUnderWay) await look(plugin, request.getUrn(), passed);
  const isUnfinished = changes.length === 0 && (await isDue(plugin, request.getUrn(), passed));
  return diffResponse({ changes, deleteBeforeReplace: false, isUnfinished });
}

async function isDue(plugin: Plugin, urn: string, passed: PropertyMap): Promise<boolean> {
  const type = knownStep(plugin, urn);
  if (type.isDue === undefined || plugin.session === undefined) return false;
  let isSo = false;
  await unlessNotAnswered(async () => {
    isSo = (await type.isDue?.(callOf(plugin, urn), parsed(type, passed))) === true;
  });
  return isSo;
}

async function look(plugin: Plugin, urn: string, state: PropertyMap): Promise<void> {
  const type = knownStep(plugin, urn);
  if (type.look === undefined || plugin.session === undefined) return;
  await unlessNotAnswered(async () => type.look?.(callOf(plugin, urn), parsed(type, state)));
}

function parsed(type: AnyStepType, values: PropertyMap): object {
  return type.parse(readInputs(values), undefined) as object;
}

export async function create(plugin: Plugin, request: pb.CreateRequest): Promise<pb.CreateResponse> {
  const inputs = decode(request.getProperties());
  const response = new pb.CreateResponse();
  response.setProperties(struct(inputs));
  if (request.getPreview()) return response;
  response.setProperties(await pass(plugin, request.getUrn(), inputs, undefined));
  response.setId('passed');
  return response;
}

/** There is nothing to be read: it stays as it was passed. */
export function read(_plugin: Plugin, request: pb.ReadRequest): pb.ReadResponse {
  return asInState(request);
}

export async function update(plugin: Plugin, request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
  const news = decode(request.getNews());
  const olds = decode(request.getOlds()).values;
  const response = new pb.UpdateResponse();
  response.setProperties(struct(news));
  if (request.getPreview()) {
    await foresee(plugin, request.getUrn(), news.values, olds);
  } else {
    response.setProperties(await pass(plugin, request.getUrn(), news, olds));
    await look(plugin, request.getUrn(), withoutBookkeeping(news.values));
  }
  return response;
}

export async function remove(plugin: Plugin, request: pb.DeleteRequest): Promise<Empty> {
  const type = knownStep(plugin, request.getUrn());
  const step = parsed(type, decode(request.getProperties()).values);
  await type.passBack?.(callOf(plugin, request.getUrn()), step);
  return new Empty();
}

/** What the state has of it from now on. */
async function pass(
  plugin: Plugin,
  urn: string,
  news: Properties,
  olds: PropertyMap | undefined,
): Promise<ReturnType<typeof struct>> {
  const [type, call] = [knownStep(plugin, urn), callOf(plugin, urn)];
  const step = parsed(type, news.values);
  const before = olds === undefined ? undefined : parsed(type, olds);
  await type.pass(call, step, before);
  const noted = before === undefined ? {} : type.noted?.(call, step, before);
  return struct({ ...news, values: { ...news.values, ...noted } });
}

/** A value that only an operation knows, or a broker that can't be asked: then nothing is foreseen. */
async function foresee(plugin: Plugin, urn: string, news: PropertyMap, olds: PropertyMap): Promise<void> {
  const type = knownStep(plugin, urn);
  if (type.foresee === undefined || plugin.session === undefined) return;
  const step = parsed(type, news);
  await unlessNotAnswered(async () => type.foresee?.(callOf(plugin, urn), step, parsed(type, olds)));
}

function knownStep(plugin: Plugin, urn: string): AnyStepType {
  const type = stepTypeOf(plugin, urn);
  if (type === undefined) throw new Error(`no step: ${urn}`);
  return type;
}

function callOf(plugin: Plugin, urn: string): StepCall {
  return {
    session: sessionOf(plugin),
    warn: (message) => plugin.log('warning', message, urn),
    status: (message) => void plugin.log('status', message, urn),
  };
}
