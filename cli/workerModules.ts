/** The modules of the sample applications that are made from the example topologies. */
import * as path from 'node:path';
import { RENDER_KINDS } from './commands/renderKinds';
import { CHECKOUT } from './checkout';
import { loadTopologyFile } from './topologyFile';

interface WorkerModule {
  /** Of topology/examples, and of workers/. */
  readonly system: string;
  /** As in `warren render --to`. */
  readonly kind: 'celery' | 'pika' | 'aio-pika';
  readonly user: string;
  /** In the system's folder. */
  readonly file: string;
}

/** One for each user of an application: it decides what may be declared, and what is only looked for. */
export const WORKER_MODULES: readonly WorkerModule[] = [
  { system: 'celery-django', kind: 'celery', user: 'celery', file: 'config/celery_settings.py' },
  {
    system: 'notifications',
    kind: 'pika',
    user: 'notifications-worker',
    file: 'notifications/worker_topology.py',
  },
  {
    system: 'notifications',
    kind: 'pika',
    user: 'notifications-api',
    file: 'notifications/api_topology.py',
  },
  { system: 'ffmpeg-jobs', kind: 'aio-pika', user: 'ffmpeg-worker', file: 'ffmpeg_jobs/worker_topology.py' },
  { system: 'ffmpeg-jobs', kind: 'aio-pika', user: 'ffmpeg-api', file: 'ffmpeg_jobs/api_topology.py' },
  { system: 'erp-long-polling', kind: 'pika', user: 'erp', file: 'erp/topology.py' },
  { system: 'speech-to-text', kind: 'aio-pika', user: 'stt-worker', file: 'stt/worker_topology.py' },
  { system: 'speech-to-text', kind: 'aio-pika', user: 'stt-api', file: 'stt/api_topology.py' },
];

export function workerModulePath({ system, file }: WorkerModule): string {
  return path.join(CHECKOUT, 'workers', system, file);
}

/** @throws Error when the example has errors, or no such user */
export function renderWorkerModule({ system, kind, user }: WorkerModule): string {
  const file = path.join(CHECKOUT, 'topology/examples', `${system}.yaml`);
  const { topology, objects } = loadTopologyFile(file);
  const found = RENDER_KINDS.get(kind);
  if (topology === undefined || objects === undefined || found === undefined) {
    throw new Error(`${file} can't be rendered`);
  }
  const rendered = found.render({ topology, objects }, { user });
  if (typeof rendered !== 'string') throw new Error(rendered.fault);
  return rendered;
}
