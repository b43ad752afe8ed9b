/** Images that a stack builds: no registry is needed, and a destroy leaves none of them. */
import * as path from 'node:path';
import * as crypto from 'node:crypto';
import * as docker from '@pulumi/docker';
import type * as pulumi from '@pulumi/pulumi';
import { checkContext, contextDigest } from '../provider/offline/docker/context';
import { nameAt, type Place } from './objects';
import type { BuildSettings } from './settings';

/**
 * @param name in the image's name, in place of the folder's
 * @throws Error in one sentence where there is no such folder, or no Dockerfile in it
 */
export function buildFor(
  { context, dockerfile = 'Dockerfile', args, name }: BuildSettings & { readonly name?: string },
  place: Place,
  options: pulumi.CustomResourceOptions = {},
): docker.RemoteImage {
  const folder = path.resolve(context);
  const source = { folder, dockerfile: path.resolve(folder, dockerfile) };
  checkContext(source);
  const digest = crypto
    .createHash('sha256')
    .update(JSON.stringify([contextDigest(source), dockerfile, args]))
    .digest('hex');
  const word = (name ?? path.basename(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  // Several applications may be built from one folder.
  const application = `${context} ${Object.values(args).join(' ')}`;
  const applicationDigest = crypto.createHash('sha256').update(application).digest('hex');
  return new docker.RemoteImage(
    nameAt(place, `build-${word}-${applicationDigest.slice(0, 6)}`),
    {
      // Other contents are another image: with the same name, deleting the old one would take the new one away.
      name: `${place.prefix}/${word === '' ? 'worker' : word}:${digest.slice(0, 12)}`,
      build: { context, dockerfile, buildArgs: { ...args }, useLegacyBuilder: true },
      triggers: { digest },
    },
    { provider: place.provider, ...options },
  );
}
