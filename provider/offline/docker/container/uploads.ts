/** Files that go into a container before it starts: `docker inspect` shows neither their names nor their contents. */
import * as fs from 'node:fs';
import { pack } from 'tar-stream';
import type { ContainerInputs, Upload } from './fields';
import { UserError } from '../../../userError';

/** One archive with all of them, to be unpacked at the container's root; undefined where there are none. */
export async function archiveOf({
  name,
  uploads = [],
}: Pick<ContainerInputs, 'name' | 'uploads'>): Promise<Buffer | undefined> {
  if (uploads.length === 0) return undefined;
  const archive = pack();
  for (const upload of uploads) {
    const header = { name: upload.file.replace(/^\/+/, ''), mode: modeOf(upload), mtime: new Date() };
    archive.entry(header, contentOf(upload, name));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Why an upload can't be made; undefined where it can. */
export function uploadFault({ content, contentBase64, source }: Upload): string | undefined {
  const given = [content, contentBase64, source].filter((value) => value !== undefined && value !== '');
  return given.length === 1 ? undefined : 'needs exactly one of content, contentBase64 and source';
}

function modeOf({ permissions, executable }: Upload): number {
  if (permissions !== undefined && permissions !== '') return Number.parseInt(permissions, 8);
  return executable === true ? 0o744 : 0o644;
}

function contentOf({ file, content, contentBase64, source }: Upload, container: string): Buffer {
  if (content !== undefined && content !== '') return Buffer.from(content, 'utf8');
  if (contentBase64 !== undefined && contentBase64 !== '') return Buffer.from(contentBase64, 'base64');
  try {
    return fs.readFileSync(source ?? '');
  } catch (error) {
    throw new UserError(
      `Cannot upload ${file} into the container "${container}": ${(error as Error).message}. Correct its \`source\`.`,
    );
  }
}
