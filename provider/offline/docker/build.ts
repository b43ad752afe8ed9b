/** Building an image on the engine, from a folder of this machine: no registry, no Docker program. */
import * as path from 'node:path';
import type { Call } from './resource';
import { UserError } from '../../userError';
import { checkContext, contextArchive, dockerfileName } from './context';
import { streamError } from '../../../dockerApi/errors';

const BUILD_TIMEOUT_MS = 20 * 60_000;
const SHOWN_LINES = 15;
/** The builder marks errors with them. */
const COLOURS = /\u001b\[[0-9;]*m/g;
/** The engine's own builder: BuildKit would need a session beside the request, and images that come from a registry. */
const CLASSIC_BUILDER = 1;

export interface Build {
  readonly context: string;
  /** Relative to the context, or absolute. */
  readonly dockerfile: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly noCache?: boolean;
  readonly pullParent?: boolean;
  readonly platform?: string;
  readonly networkMode?: string;
  readonly remove?: boolean;
  readonly forceRemove?: boolean;
}

/** @throws UserError with the end of the build's output */
export async function buildImage(call: Call, build: Build, tags: readonly string[]): Promise<void> {
  const folder = path.resolve(build.context);
  const context = { folder, dockerfile: path.resolve(folder, build.dockerfile) };
  checkContext(context);
  const action = `build the image "${tags[0] ?? ''}"`;
  const query = {
    version: CLASSIC_BUILDER,
    t: tags,
    dockerfile: dockerfileName(context),
    buildargs: JSON.stringify(build.buildArgs ?? {}),
    labels: JSON.stringify(build.labels ?? {}),
    target: build.target,
    nocache: build.noCache,
    pull: build.pullParent === true ? '1' : undefined,
    platform: build.platform,
    networkmode: build.networkMode,
    rm: build.remove ?? true,
    forcerm: build.forceRemove ?? true,
  };
  let output = '';
  try {
    await call.engine.follow(
      {
        method: 'POST',
        path: '/build',
        query,
        body: contextArchive(context),
        action,
        timeoutMs: BUILD_TIMEOUT_MS,
      },
      ({ stream = '', error }) => {
        if (error !== undefined) throw streamError({ action, host: call.engine.host }, error);
        const text = stream.replace(COLOURS, '');
        output += text;
        if (text.trim() !== '') call.status(text.trim());
      },
    );
  } catch (error) {
    const lines = output.split('\n').filter((line) => line.trim() !== '');
    if (lines.length === 0) throw error;
    const { message } = error as Error;
    throw new UserError(
      `${message}\nThe end of the build's output:\n${lines.slice(-SHOWN_LINES).join('\n')}`,
    );
  }
}
