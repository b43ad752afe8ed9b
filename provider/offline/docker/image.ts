/** `docker:index/image:Image`: built from a folder of this machine; never pushed, since no registry is reachable. */
import * as path from 'node:path';
import type { Failure } from '../../inputs';
import type { Call, DockerType } from './resource';
import type { PropertyMap } from '../../values';
import { UserError } from '../../userError';
import { hasUnknown } from '../../values';
import { buildImage } from './build';
import { checkContext, contextDigest, dockerfileName, type BuildContext } from './context';
import { ensureImage, findImage } from './images';
import { matching, type Fields } from './properties/fields';

const BUILD: Fields = {
  context: { form: 'text', default: '.' },
  dockerfile: { form: 'text' },
  args: { form: 'table' },
  target: { form: 'text' },
  platform: { form: 'text' },
  network: { form: 'text' },
  builderVersion: {
    form: 'text',
    check: matching(
      /^BuilderV1$/,
      'BuilderV1: the offline docker plugin builds with the engine itself, without BuildKit',
    ),
  },
  contextDigest: { form: 'text' },
};

interface ImageInputs {
  readonly imageName: string;
  readonly skipPush?: boolean;
  readonly build: {
    readonly context: string;
    readonly dockerfile: string;
    readonly args?: Readonly<Record<string, string>>;
    readonly target?: string;
    readonly platform?: string;
    readonly network?: string;
  };
}

export const imageType: DockerType = {
  token: 'docker:index/image:Image',
  schemaVersion: 0,
  fields: {
    imageName: { form: 'text', isRequired: true },
    build: { form: 'object', fields: BUILD },
    buildOnPreview: { form: 'flag' },
    skipPush: { form: 'flag' },
  },
  outputs: ['baseImageName', 'context', 'dockerfile', 'platform', 'registryServer', 'repoDigest'],
  isAutonamed: false,
  isDeletedFirst: false,
  // What was built from is nowhere on the engine.
  compared: (state) => (state.__inputs ?? {}) as PropertyMap,
  complete,
  create: async (call, values) => {
    const inputs = values as unknown as ImageInputs;
    return { id: inputs.imageName, state: await build(call, inputs, values) };
  },
  // A built image is nobody's but this program's; what somebody deleted is built anew by the next update.
  read: async (call, id, state) => {
    const found = await findImage(call, id);
    if (found === undefined || state === undefined) return undefined;
    return { id, state: { ...state, repoDigest: found.Id } };
  },
  update: (call, _made, values) => build(call, values as unknown as ImageInputs, values),
  // As with the genuine plugin: the image stays.
  remove: () => Promise.resolve(),
};

/** The genuine plugin's own defaults, and a digest of the folder: what makes a changed file a change. */
function complete(values: PropertyMap): { values: PropertyMap; failures: readonly Failure[] } {
  const failures: Failure[] = [];
  if (values.skipPush !== true) {
    failures.push({
      property: 'skipPush',
      reason:
        "must be true: Warren's offline docker plugin pushes to no registry. Use the genuine plugin to push",
    });
  }
  const given: Partial<ImageInputs['build']> = values.build ?? {};
  if (hasUnknown(given)) return { values, failures };
  const { context = '.' } = given;
  const { dockerfile = path.join(context, 'Dockerfile') } = given;
  const folder = contextOf({ context, dockerfile });
  try {
    checkContext(folder);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { values, failures: [...failures, { property: 'build', reason: error.message }] };
  }
  const build = { ...given, context, dockerfile, contextDigest: contextDigest(folder) };
  return { values: { ...values, build }, failures };
}

/** Here the Dockerfile is relative to the program's folder, not to the context. */
function contextOf({
  context,
  dockerfile,
}: Pick<ImageInputs['build'], 'context' | 'dockerfile'>): BuildContext {
  return { folder: path.resolve(context), dockerfile: path.resolve(dockerfile) };
}

async function build(call: Call, inputs: ImageInputs, values: PropertyMap): Promise<PropertyMap> {
  const { imageName, build: given } = inputs;
  const context = contextOf(given);
  const { args, network, ...rest } = given;
  await buildImage(
    call,
    {
      context: given.context,
      dockerfile: context.dockerfile,
      ...(rest.target === undefined ? {} : { target: rest.target }),
      ...(rest.platform === undefined ? {} : { platform: rest.platform }),
      ...(args === undefined ? {} : { buildArgs: args }),
      ...(network === undefined ? {} : { networkMode: network }),
    },
    [imageName],
  );
  const image = await ensureImage(call, imageName);
  return {
    __inputs: values,
    baseImageName: imageName,
    context: given.context,
    dockerfile: dockerfileName(context),
    imageName,
    platform: given.platform ?? '',
    registryServer: '',
    repoDigest: image.Id,
  };
}
