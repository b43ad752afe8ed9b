/** `docker:index/remoteImage:RemoteImage`: an image that is pulled, or built from a folder of this machine. */
import type { Call, DockerType, Made } from './resource';
import type { PropertyMap } from '../../values';
import { isEngineError } from '../../../dockerApi/errors';
import { deleteWhenFree } from '../../../dockerApi/objects';
import { buildImage, type Build } from './build';
import { ensureImage, findImage, imagePath, repoDigestOf, type ImageInspection } from './images';
import type { Fields } from './properties/fields';

const BUILD: Fields = {
  context: { form: 'text', isRequired: true },
  dockerfile: { form: 'text', default: 'Dockerfile' },
  buildArgs: { form: 'table' },
  target: { form: 'text' },
  labels: { form: 'table' },
  noCache: { form: 'flag' },
  pullParent: { form: 'flag' },
  platform: { form: 'text' },
  networkMode: { form: 'text' },
  tags: { form: 'texts' },
  remove: { form: 'flag', default: true },
  forceRemove: { form: 'flag' },
  useLegacyBuilder: { form: 'flag' },
};

interface RemoteImageInputs {
  readonly name: string;
  readonly keepLocally?: boolean;
  readonly forceRemove?: boolean;
  readonly platform?: string;
  readonly build?: Build & { readonly tags?: readonly string[] };
}

export const remoteImageType: DockerType = {
  token: 'docker:index/remoteImage:RemoteImage',
  schemaVersion: 0,
  fields: {
    name: { form: 'text', isRequired: true, effect: 'replace' },
    build: { form: 'object', effect: 'replace', fields: BUILD },
    forceRemove: { form: 'flag' },
    keepLocally: { form: 'flag' },
    platform: { form: 'text', effect: 'replace' },
    pullTriggers: { form: 'set', effect: 'replace' },
    triggers: { form: 'table', effect: 'replace' },
  },
  outputs: ['imageId', 'repoDigest'],
  isAutonamed: false,
  isDeletedFirst: false,
  create: async (call, values) => {
    const { name, build, platform } = values as unknown as RemoteImageInputs;
    if (build !== undefined) await buildImage(call, build, [name, ...(build.tags ?? [])]);
    return made(values, name, await ensureImage(call, name, platform));
  },
  read: async (call, id, state) => {
    const name = nameOf(id, state);
    const found = await findImage(call, name);
    return found === undefined ? undefined : made({ ...state, name }, name, found);
  },
  update: async (call, _made, values) => {
    const { name, platform } = values as unknown as RemoteImageInputs;
    return made(values, name, await ensureImage(call, name, platform)).state;
  },
  remove: async (call, { state }) => {
    const { name, keepLocally, forceRemove } = state as unknown as RemoteImageInputs;
    if (keepLocally === true) return;
    const found = await findImage(call, name);
    if (found?.Id === state.imageId) await removeImage(call, name, forceRemove === true);
    // The name belongs to a newer image, which took this one's place.
    else if (typeof state.imageId === 'string') await removeNameless(call, state.imageId);
  },
};

function made(values: PropertyMap, name: string, image: ImageInspection): Made {
  return {
    id: `${image.Id}${name}`,
    state: { ...values, imageId: image.Id, repoDigest: repoDigestOf(name, image) },
  };
}

/** The id is made of the image's and its name. */
function nameOf(id: string, state: PropertyMap | undefined): string {
  return typeof state?.name === 'string' ? state.name : id.replace(/^sha256:[0-9a-f]{64}/, '');
}

function removeImage(call: Call, name: string, force: boolean): Promise<void> {
  return deleteWhenFree(call, {
    method: 'DELETE',
    path: imagePath(name),
    query: { force },
    action: `delete the image "${name}"`,
  });
}

/** By its id, Docker would delete an image together with a name that somebody else gave it. */
async function removeNameless(call: Call, id: string): Promise<void> {
  const found = await findImage(call, id);
  if (found === undefined || (found.RepoTags ?? []).length > 0) return;
  try {
    const request = { method: 'DELETE', path: imagePath(id), action: `delete the image ${id}` } as const;
    await call.engine.ask(request);
  } catch (error) {
    // A container that isn't this program's still uses it.
    if (!isEngineError(error, 'conflict', 'notFound')) throw error;
  }
}
