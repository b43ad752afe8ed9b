/** Archives of images, as `docker save` writes them and containerd takes them. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as tar from 'tar-stream';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** An image of one program, which is also its entry point. */
export async function writeProgramImage(name: string, program: string, archive: string): Promise<void> {
  const layer = await packed([{ name: 'program', content: fs.readFileSync(program), mode: 0o755 }]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      config: { Entrypoint: ['/program'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    }),
  );
  const configName = `${sha256(config)}.json`;
  const manifest = [{ Config: configName, RepoTags: [name], Layers: ['layer.tar'] }];
  const files = [
    { name: configName, content: config },
    { name: 'layer.tar', content: layer },
    { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
  ];
  fs.writeFileSync(archive, await packed(files));
}

interface File {
  readonly name: string;
  readonly content: Buffer;
  readonly mode?: number;
}

async function packed(files: readonly File[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { name, content, mode = 0o644 } of files) pack.entry({ name, mode }, content);
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function sha256(content: Buffer): string {
  return crypto.createHash('sha256').update(content).digest('hex');
}
