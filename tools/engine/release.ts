/** The engine that is got where the machine has none. */

/** The Pulumi release: what is downloaded, and what tools/engine/pulumi/go.mod pins. */
export const ENGINE_VERSION = '3.259.0';

/** The two programs that a Pulumi program in TypeScript needs. */
export const ENGINE_PROGRAMS = ['pulumi', 'pulumi-language-nodejs'] as const;

export const INSTALL_PAGE = 'https://www.pulumi.com/docs/install/';

export type Progress = (text: string) => void;

/** A message that a user can act on; never shown with a stack. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/** The release's name for this machine, e.g. `linux-x64`; undefined where it has no archive that tar can read. */
export function releasePlatform(platform: string, architecture: string): string | undefined {
  const supported = ['linux', 'darwin'].includes(platform) && ['x64', 'arm64'].includes(architecture);
  return supported ? `${platform}-${architecture}` : undefined;
}
