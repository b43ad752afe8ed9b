/** The settings of a Celery application (5.5 or later): a Python module for `app.config_from_object`. */
import { areTransientQueuesRefused } from '../../rules/transientRefused';
import { isAtLeast } from '../../target';
import { applicationOf, type Application } from './celeryApplication';
import { queueParts, routeParts } from './celeryQueues';
import { assignment, table, comment, dict, list, pythonString } from './pythonText';
import type { Expression } from './pythonText';
import type { ClientChoice, ClientInput, Fault } from './view';

export function renderCelery(input: ClientInput, choice: ClientChoice): string | Fault {
  const application = applicationOf(input, choice);
  if ('fault' in application) return application;
  const body = [
    ...queueParts(application),
    ...routeParts(application),
    ...workerParts(application),
    ...resultParts(application),
    ...brokerParts(application),
  ].join('\n\n');
  return `${header(application)}\n\n${imports(body)}\n\n${body}\n`;
}

function header({ vhost, view, topology }: Application): string {
  const who = view.user === undefined ? '' : `, for the user ${pythonString(view.user)}`;
  return [
    '"""Settings of a Celery application: app.config_from_object("the.name.of.this.module").',
    '',
    'Made by `warren render --to celery`: change the topology and render it again. Celery',
    'declares nothing but what the topology declares, so no declaration is refused (406).',
    'Address and password stand in the environment: CELERY_BROKER_URL.',
    '"""',
    '',
    comment(`The vhost ${pythonString(vhost.name)} on RabbitMQ ${topology.target}${who}.`),
  ].join('\n');
}

/** Just those that the module uses. */
function imports(body: string): string {
  const groups = [
    body.includes('os.environ') ? ['import os'] : [],
    [
      ...(body.includes('MapRoute(') ? ['from celery.app.routes import MapRoute'] : []),
      'from kombu import Exchange, Queue',
    ],
  ];
  return groups
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function workerParts({ celery, workers }: Application): string[] {
  const { prefetchMultiplier } = celery;
  const own = workers.flatMap(({ name, queues, prefetch, concurrency }) => {
    if (concurrency === undefined) return [];
    const multiplier =
      prefetch === undefined ? prefetchMultiplier : Math.max(1, Math.floor(prefetch / concurrency));
    const entries: (readonly [string, Expression])[] = [
      ['queues', list(queues.map(pythonString))],
      ['concurrency', String(concurrency)],
      ['prefetch_multiplier', String(multiplier)],
    ];
    return [[name, dict(entries)] as const];
  });
  const acknowledgement = [
    ...(celery.acksLate ? [comment('A task is acknowledged when it is done.')] : []),
    assignment('task_acks_late', celery.acksLate ? 'True' : 'False'),
    assignment('task_reject_on_worker_lost', celery.rejectOnWorkerLost ? 'True' : 'False'),
  ].join('\n');
  if (own.length === 0) {
    return [acknowledgement, assignment('worker_prefetch_multiplier', String(prefetchMultiplier))];
  }
  return [
    acknowledgement,
    [
      comment('WARREN_WORKER in the environment of a worker says which one it is.'),
      table('WORKERS', dict(own)),
      '_worker = WORKERS[os.environ["WARREN_WORKER"]] if "WARREN_WORKER" in os.environ else {}',
      'worker_concurrency = _worker.get("concurrency")',
      `worker_prefetch_multiplier = _worker.get("prefetch_multiplier", ${prefetchMultiplier})`,
    ].join('\n'),
  ];
}

function resultParts({ celery }: Application): string[] {
  const { resultBackend, maxRetries, retryBackoffMaxMs, retryJitter } = celery;
  const retry: (readonly [string, Expression])[] = [
    ...(maxRetries === undefined ? [] : [['max_retries', String(maxRetries)] as const]),
    ...(retryBackoffMaxMs === undefined
      ? []
      : [
          ['retry_backoff', 'True'] as const,
          ['retry_backoff_max', String(Math.round(retryBackoffMaxMs / 1000))] as const,
        ]),
    ...(retryJitter === undefined ? [] : [['retry_jitter', retryJitter ? 'True' : 'False'] as const]),
  ];
  return [
    ...(resultBackend === undefined ? [] : [assignment('result_backend', pythonString(resultBackend))]),
    ...(retry.length === 0
      ? []
      : [
          [
            comment(
              'Celery has no settings for these, its tasks have:',
              '@app.task(autoretry_for=(SomeError,), **RETRY)',
            ),
            assignment('RETRY', dict(retry)),
          ].join('\n'),
        ]),
  ];
}

function brokerParts(application: Application): string[] {
  const { view, topology } = application;
  const publishing = [
    comment('A task counts as sent when the broker has confirmed it.'),
    assignment('broker_transport_options', dict([['confirm_publish', 'True']])),
    assignment('broker_connection_retry_on_startup', 'True'),
    ...(view.heartbeatSeconds === undefined
      ? []
      : [assignment('broker_heartbeat', String(view.heartbeatSeconds))]),
  ].join('\n');
  const transient = [
    comment(
      'The broker refuses transient queues that are not exclusive (541). Celery 5.6 knows these',
      'settings; with 5.5, remote control, gossip and mingle must be off.',
    ),
    assignment('control_queue_exclusive', 'True'),
    assignment('event_queue_exclusive', 'True'),
  ].join('\n');
  return [
    publishing,
    ...delayParts(application),
    ...(areTransientQueuesRefused(topology) ? [transient] : []),
  ];
}

/** How tasks with a countdown, an ETA or a retry wait. */
function delayParts({ hasQuorum, exchange, topology }: Application): string[] {
  const canDelay = exchange !== undefined && exchange.type !== 'direct';
  const blocks = 'A task with a countdown, an ETA or a retry keeps its place in the worker until then:';
  if (!hasQuorum) {
    if (!isAtLeast(topology.target, '4.3')) return [];
    return [
      comment(blocks, `RabbitMQ ${topology.target} has no global QoS. Quorum queues have delayed delivery.`),
    ];
  }
  const detection = assignment('worker_detect_quorum_queues', 'True');
  if (!canDelay) {
    return [
      `${comment('Quorum queues refuse global QoS (540).', blocks, 'delayed delivery needs a topic exchange (celery: { exchange: … }).')}\n${detection}`,
    ];
  }
  return [
    [
      comment(
        'Quorum queues refuse global QoS (540). Tasks with a countdown, an ETA or a retry wait in',
        'the queues celery_delayed_0 to celery_delayed_27, which workers declare.',
      ),
      detection,
      assignment('broker_native_delayed_delivery_queue_type', pythonString('quorum')),
    ].join('\n'),
  ];
}
