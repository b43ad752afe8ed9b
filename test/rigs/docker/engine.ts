/** The Docker Engine of the tests: the one that runs on this machine, or else a private one. */
import { engineAddress } from '../../../dockerApi/address';
import { openEngine } from '../../../dockerApi/transport';
import { startPrivateEngine, type PrivateEngine } from './privateEngine';

export interface TestEngine extends PrivateEngine {
  readonly isPrivate: boolean;
}

/** @throws Error with a one-line reason when there is none, and none can be had */
export async function obtainEngine(onProgress: (text: string) => void): Promise<TestEngine> {
  const host = await runningEngine();
  if (host !== undefined) return { host, isPrivate: false, stop: () => Promise.resolve() };
  onProgress('no Docker Engine runs here: starting a private one');
  return { ...(await startPrivateEngine(onProgress)), isPrivate: true };
}

/** One on another machine doesn't count: its ports aren't on our 127.0.0.1. */
async function runningEngine(): Promise<string | undefined> {
  const address = engineAddress({}, process.env);
  if (!address.host.startsWith('unix:')) return undefined;
  return openEngine(address)
    .apiVersion()
    .then(
      () => address.host,
      () => undefined,
    );
}
