/** What a test makes on the Docker Engine, and nobody else: all of it has names and an owner of the test's own. */
import * as crypto from 'node:crypto';
import { inject } from 'vitest';
import { engineAddress } from '../../dockerApi/address';
import { deleteWhenFree } from '../../dockerApi/objects';
import { openEngine, path, type Engine } from '../../dockerApi/transport';
import { OWNER_LABEL } from '../../provider/offline/docker/owner';
import { silentCall } from '../rigs/docker/call';

/** Why tests on containers can't run here, for `describe.skipIf`; undefined when they can. */
export function dockerObstacle(): string | undefined {
  return inject('dockerHost') === '' ? inject('missingDockerReason') : undefined;
}

/** The title of a suite, with the reason when it is skipped. */
export function titled(title: string): string {
  const obstacle = dockerObstacle();
  return obstacle === undefined ? title : `${title} [skipped: ${obstacle}]`;
}

export function dockerEngine(): Engine {
  // Suites that are skipped are still described.
  const host = inject('dockerHost') === '' ? 'unix:///none' : inject('dockerHost');
  return openEngine(engineAddress({ host }, {}));
}

export interface Scratch {
  /** A name that nothing else has. */
  name(word: string): string;
  /** To be given to everything that is made. */
  readonly labels: readonly { label: string; value: string }[];
  inspect<T>(kind: 'containers' | 'networks' | 'volumes', id: string): Promise<T>;
  /** Containers, networks and volumes of this owner that are there. */
  left(): Promise<readonly string[]>;
  /** Deletes all of that. */
  clear(): Promise<void>;
}

export function openScratch(engine: Engine): Scratch {
  const owner = `test-${crypto.randomBytes(6).toString('hex')}`;
  const filters = JSON.stringify({ label: [`${OWNER_LABEL}=${owner}`] });
  const list = async (kind: string, query = {}): Promise<readonly { kind: string; id: string }[]> => {
    const target = kind === 'containers' ? '/containers/json' : `/${kind}`;
    const answer = await engine.ask<Listing[] | { Volumes: Listing[] | null }>({
      method: 'GET',
      path: target,
      query: { filters, ...query },
      action: `list ${kind}`,
    });
    const items = Array.isArray(answer) ? answer : (answer.Volumes ?? []);
    return items.map(({ Id, Name }) => ({ kind, id: Id ?? Name ?? '' }));
  };
  const all = async () => [
    ...(await list('containers', { all: true })),
    ...(await list('networks')),
    ...(await list('volumes')),
  ];
  return {
    name: (word) => `${owner}-${word}`,
    labels: [{ label: OWNER_LABEL, value: owner }],
    inspect: (kind, id) =>
      engine.ask({
        method: 'GET',
        path: `${path(kind, id)}${kind === 'containers' ? '/json' : ''}`,
        action: `look at ${id}`,
      }),
    left: async () => (await all()).map(({ kind, id }) => `${kind} ${id}`),
    clear: async () => {
      for (const { kind, id } of await all()) {
        const query = kind === 'containers' ? { force: true, v: true } : {};
        const request = { method: 'DELETE', path: path(kind, id), query, action: 'clean up' } as const;
        await deleteWhenFree(silentCall(engine), request);
      }
    },
  };
}

interface Listing {
  readonly Id?: string;
  readonly Name?: string;
}
