/** Images that the engine has, or pulls from a registry. */
import type { Call } from './resource';
import { UserError } from '../../userError';
import { isEngineError, streamError } from '../../../dockerApi/errors';
import { lookUp } from '../../../dockerApi/objects';
import { path } from '../../../dockerApi/transport';

const PULL_TIMEOUT_MS = 15 * 60_000;

export interface ImageInspection {
  readonly Id: string;
  readonly RepoDigests: readonly string[] | null;
  readonly RepoTags: readonly string[] | null;
}

export function findImage({ engine }: Call, name: string): Promise<ImageInspection | undefined> {
  return lookUp(engine, `${imagePath(name)}/json`, `look for the image "${name}"`);
}

/** The slashes of a name belong to the path here. */
export function imagePath(name: string): string {
  return `/images${path(...name.split('/'))}`;
}

/** @throws UserError when the engine doesn't have it, and can't get it */
export async function ensureImage(call: Call, name: string, platform?: string): Promise<ImageInspection> {
  const present = await findImage(call, name);
  if (present !== undefined) return present;
  if (/^sha256:[0-9a-f]+$/.test(name)) {
    throw new UserError(
      `There is no image with the id ${name} on ${call.engine.host}, and an id can't be pulled. Build it in this program, or name an image.`,
    );
  }
  call.status(`pulling the image ${name}`);
  await pull(call, name, platform);
  const pulled = await findImage(call, name);
  if (pulled !== undefined) return pulled;
  throw new UserError(`The image "${name}" was pulled, and is not there: Docker has it under another name.`);
}

async function pull(call: Call, name: string, platform: string | undefined): Promise<void> {
  const { repository, tag } = splitName(name);
  const action = `pull the image "${name}"`;
  const request = {
    method: 'POST',
    path: '/images/create',
    query: { fromImage: repository, tag, platform: platform === '' ? undefined : platform },
    action,
    timeoutMs: PULL_TIMEOUT_MS,
  } as const;
  try {
    await call.engine.follow(request, ({ error }) => {
      if (error !== undefined) throw streamError({ action, host: call.engine.host }, error);
    });
  } catch (error) {
    if (!isEngineError(error) || error.reason === undefined) throw error;
    throw new UserError(
      `There is no image "${name}" on ${call.engine.host}, and it can't be pulled: ${error.reason}. ` +
        'Correct its name, or bring it there yourself: from a registry that wants a login by `docker pull`, or by `docker load`.',
    );
  }
}

/** `registry:5000/a/b:tag` and `a/b@sha256:…`; the tag is `latest` where none is said. */
export function splitName(name: string): { readonly repository: string; readonly tag: string } {
  const digest = name.indexOf('@');
  if (digest >= 0) return { repository: name.slice(0, digest), tag: name.slice(digest + 1) };
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  return hasTag
    ? { repository: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { repository: name, tag: 'latest' };
}

/** The image's own digest in the repository of `name`; empty where it was never pulled from or pushed to one. */
export function repoDigestOf(name: string, { RepoDigests }: ImageInspection): string {
  const { repository } = splitName(name);
  return (RepoDigests ?? []).find((digest) => digest.startsWith(`${repository}@`)) ?? '';
}
