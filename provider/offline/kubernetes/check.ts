/** What a program says of an object: completed with a name and a namespace, and what is wrong with it. */
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import type { Failure } from '../../inputs';
import { automaticName } from '../../urns';
import { UNKNOWN, hasUnknown, type PropertyMap } from '../../values';
import { parseWaitFor } from './awaits/waitFor';
import { isNamespaced, type Call } from './call';
import {
  AUTONAMED,
  DELETION_PROPAGATION,
  TIMEOUT_SECONDS,
  WAIT_FOR,
  annotationOf,
  isAutonamed,
  metadataOf,
} from './object';
import { isTable } from './paths';

interface Checked {
  readonly values: PropertyMap;
  readonly failures: readonly Failure[];
}

export interface Naming {
  readonly urn: string;
  readonly seed: Uint8Array;
  /** Of the engine's own rules for names, where the project has some. */
  readonly options: pb.CheckRequest.AutonamingOptions | undefined;
}

export async function checkObject(
  call: Call,
  news: PropertyMap,
  olds: PropertyMap,
  naming: Naming,
): Promise<Checked> {
  const failures = structureFailures(news);
  // What isn't known can't be completed.
  if (failures.length > 0 || news.metadata === UNKNOWN) return { values: news, failures };
  const named = nameOf(news, olds, naming);
  if (typeof named === 'string') return { values: news, failures: [{ property: 'metadata', reason: named }] };
  const values = await withNamespace(call, named);
  return { values, failures: annotationFailures(values) };
}

function structureFailures(news: PropertyMap): readonly Failure[] {
  const failures: Failure[] = [];
  for (const property of ['apiVersion', 'kind']) {
    const value = news[property];
    if (typeof value !== 'string' || value === '') failures.push({ property, reason: 'must be a text' });
    else if (value === UNKNOWN) failures.push({ property, reason: 'must be known before the update' });
  }
  if (news.metadata !== undefined && news.metadata !== UNKNOWN && !isTable(news.metadata)) {
    failures.push({ property: 'metadata', reason: 'must be a table' });
  }
  return failures;
}

/** @returns what is wrong, where there can be no name */
function nameOf(news: PropertyMap, olds: PropertyMap, { urn, seed, options }: Naming): PropertyMap | string {
  const { name } = metadataOf(news);
  if (name !== undefined && name !== '') return news;
  if ((metadataOf(news) as { readonly generateName?: unknown }).generateName !== undefined) {
    return '`generateName` is not possible with server-side apply: leave it out, and Pulumi makes a name of its own';
  }
  const old = isAutonamed(olds) ? metadataOf(olds).name : undefined;
  const { AutonamingOptions } = pb.CheckRequest;
  if (old === undefined && options?.getMode() === AutonamingOptions.Mode.DISABLE) {
    return '`name` is missing, and this project has `pulumi:autonaming` switched off';
  }
  const proposed = options?.getProposedName() ?? '';
  const made = old ?? (proposed === '' ? automaticName(urn, seed) : proposed);
  const metadata = metadataOf(news);
  const annotations: unknown = metadata.annotations ?? {};
  const noted = isTable(annotations) ? { ...annotations, [AUTONAMED]: 'true' } : annotations;
  return { ...news, metadata: { ...metadata, name: made, annotations: noted } };
}

async function withNamespace(call: Call, values: PropertyMap): Promise<PropertyMap> {
  const { namespace, ...metadata } = metadataOf(values);
  const isInNamespace = await isNamespaced(call, String(values.apiVersion), String(values.kind));
  if (!isInNamespace) return { ...values, metadata };
  const known = namespace === undefined || namespace === '' ? call.cluster.namespace : namespace;
  return { ...values, metadata: { ...metadata, namespace: known } };
}

function annotationFailures(values: PropertyMap): readonly Failure[] {
  const failures: Failure[] = [];
  const fail = (name: string, reason: string): void => {
    failures.push({ property: 'metadata', reason: `the annotation ${name} ${reason}` });
  };
  const { annotations } = metadataOf(values);
  const given: Readonly<Record<string, unknown>> = isTable(annotations) ? annotations : {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string' && value !== null) fail(name, 'must be a text: annotations always are');
  }
  const waitFor = annotationOf(values, WAIT_FOR);
  const wishes = waitFor === undefined || hasUnknown(waitFor) ? [] : parseWaitFor(waitFor);
  if (typeof wishes === 'string') fail(WAIT_FOR, `is wrong: ${wishes}`);
  const seconds = annotationOf(values, TIMEOUT_SECONDS);
  if (seconds !== undefined && !hasUnknown(seconds) && !(Number(seconds) > 0)) {
    fail(TIMEOUT_SECONDS, `must be a number of seconds, not "${seconds}"`);
  }
  const propagation = annotationOf(values, DELETION_PROPAGATION);
  if (propagation !== undefined && !/^(orphan|background|foreground)$/i.test(propagation)) {
    fail(DELETION_PROPAGATION, `must be orphan, background or foreground, not "${propagation}"`);
  }
  return failures;
}
