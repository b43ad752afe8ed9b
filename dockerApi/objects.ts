/** What is done to Docker objects of any kind: looking for one, and deleting it as soon as nothing uses it. */
import { isEngineError } from './errors';
import type { Engine, EngineRequest } from './transport';

/** For what is being deleted to let go of it. */
const RELEASE_TIMEOUT_MS = 30_000;
const LOOK_AGAIN_MS = 200;

/** The answer to a GET; undefined where there is no such object. */
export async function lookUp<T>(engine: Engine, path: string, action: string): Promise<T | undefined> {
  try {
    return await engine.ask<T>({ method: 'GET', path, action });
  } catch (error) {
    if (isEngineError(error, 'notFound')) return undefined;
    throw error;
  }
}

/** Repeats the request for 30 s while the object is in use; that there is none is fine. */
export async function deleteWhenFree(
  { engine, status }: { readonly engine: Engine; readonly status: (message: string) => void },
  request: EngineRequest,
): Promise<void> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  for (;;) {
    try {
      await engine.ask(request);
      return;
    } catch (error) {
      if (isEngineError(error, 'notFound')) return;
      if (!isEngineError(error, 'conflict') || Date.now() >= deadline) throw error;
      status('waiting for its containers to let go of it');
      await engine.pause(LOOK_AGAIN_MS, request.action);
    }
  }
}
