/** What must not stay on an engine of the tests' own: everything but images. */
import { deleteWhenFree } from '../../../dockerApi/objects';
import { path, type Engine } from '../../../dockerApi/transport';
import { silentCall } from './call';

export async function clearEngine(engine: Engine): Promise<void> {
  const call = silentCall(engine);
  const remove = (kind: string, id: string, query = {}): Promise<void> =>
    deleteWhenFree(call, {
      method: 'DELETE',
      path: path(kind, id),
      query,
      action: `delete what is left in ${kind}`,
    });
  const list = <T>(kind: string, query = {}): Promise<T> =>
    engine.ask<T>({ method: 'GET', path: `/${kind}`, query, action: `list ${kind}` });
  const containers = await list<{ Id: string }[]>('containers/json', { all: true });
  await Promise.all(containers.map(({ Id }) => remove('containers', Id, { force: true, v: true })));
  // Docker's own networks can't be deleted.
  const networks = await list<{ Id: string }[]>('networks', { filters: '{"type":["custom"]}' });
  await Promise.all(networks.map(({ Id }) => remove('networks', Id)));
  const { Volumes: volumes } = await list<{ Volumes: { Name: string }[] | null }>('volumes');
  await Promise.all((volumes ?? []).map(({ Name }) => remove('volumes', Name, { force: true })));
}
