/** The parts of Celery's settings that say where tasks are kept and how they get there. */
import type { Queue } from '../../model';
import type { QueueObject } from '../../objects';
import { bindingOf, keyOf, mayDeclare, type Application } from './celeryApplication';
import { assignment, table, call, comment, dict, pythonString, pythonValue, tuple } from './pythonText';
import type { Expression } from './pythonText';

export function queueParts(application: Application): string[] {
  const { exchange, queues, defaultQueue } = application;
  return [
    exchangePart(application),
    table('task_queues', tuple(queues.map((queue) => queueValue(application, queue)))),
    [
      comment('Where tasks go whose names no route knows. A queue that is not listed is an error.'),
      assignment('task_default_queue', pythonString(defaultQueue.name)),
      assignment('task_default_exchange', pythonString(exchange?.name ?? '')),
      assignment('task_default_exchange_type', pythonString(exchange?.type ?? 'direct')),
      assignment('task_default_routing_key', pythonString(keyOf(application, defaultQueue))),
      assignment('task_create_missing_queues', 'False'),
    ].join('\n'),
  ];
}

function exchangePart(application: Application): string {
  const { exchange, celery, queues, view } = application;
  const isDeclared = queues.every((queue) => mayDeclare(application, queue));
  const notes = [
    exchange === undefined
      ? 'Tasks go straight to their queue, through the default exchange.'
      : "The tasks' exchange; every queue is bound to it.",
    ...(isDeclared ? [] : ['no_declare: the topology has made it, and the user may not declare it.']),
  ];
  const declared = view.exchanges.find(({ name }) => name === celery.exchange);
  const given = Object.entries(declared?.arguments ?? {});
  const value = call(
    'Exchange',
    [pythonString(exchange?.name ?? '')],
    [
      ['type', pythonString(exchange?.type ?? 'direct')],
      ...(exchange === undefined ? [] : flags(exchange)),
      ...(given.length === 0 ? [] : [['arguments', argumentsOf(declared?.arguments ?? {})] as const]),
      ...(exchange === undefined || declared?.mayDeclare === true ? [] : [['no_declare', 'True'] as const]),
    ],
  );
  const hasAttempts = exchange !== undefined && queues.some(isFurtherAttempt);
  return [
    comment(...notes),
    assignment('_tasks', value),
    ...(hasAttempts
      ? [
          comment(
            'Only the broker sends tasks to the queues of further attempts: Celery binds them to nothing.',
          ),
          assignment('_retries', call('Exchange', [pythonString('amq.direct')])),
        ]
      : []),
  ].join('\n');
}

/** Made by `retry`. Celery would bind it, for delayed delivery, to any exchange but a direct one. */
function isFurtherAttempt({ isGenerated }: Queue): boolean {
  return isGenerated === true;
}

function queueValue(application: Application, queue: Queue): Expression {
  const declared = application.declared.get(queue.name);
  const given = declared?.arguments ?? {};
  const binding = bindingOf(application, queue);
  return call(
    'Queue',
    [pythonString(queue.name)],
    [
      ['exchange', application.exchange !== undefined && isFurtherAttempt(queue) ? '_retries' : '_tasks'],
      ['routing_key', pythonString(keyOf(application, queue))],
      ...flags(queue),
      ...(Object.keys(given).length === 0 ? [] : [['queue_arguments', argumentsOf(given)] as const]),
      ...(binding === undefined || Object.keys(binding.arguments).length === 0
        ? []
        : [['binding_arguments', argumentsOf(binding.arguments)] as const]),
      ...(mayDeclare(application, queue) ? [] : [['no_declare', 'True'] as const]),
    ],
  );
}

/** Kombu's defaults are durable and not auto-delete. */
function flags(entity: { durable: boolean; autoDelete: boolean }): (readonly [string, Expression])[] {
  return [
    ...(entity.durable ? [] : [['durable', 'False'] as const]),
    ...(entity.autoDelete ? [['auto_delete', 'True'] as const] : []),
  ];
}

function argumentsOf(given: QueueObject['arguments']): Expression {
  return dict(Object.entries(given).map(([key, value]) => [key, pythonValue(value)]));
}

/** Which task goes to which queue, and what holds for the tasks there. */
export function routeParts(application: Application): string[] {
  const routes = Object.entries(application.celery.tasks);
  const reached = new Set([application.defaultQueue.name, ...routes.map(([, queue]) => queue)]);
  const options = application.queues.flatMap((queue) => {
    if (!reached.has(queue.name)) return [];
    const entries = taskOptions(application, queue);
    return entries.length === 0 ? [] : [[queue.name, dict(entries)] as const];
  });
  const parts =
    routes.length === 0
      ? []
      : [
          [
            comment(
              'By name of the task, the first that matches.',
              ...(application.hasQuorum
                ? ['A task that is sent with queue=… and has no route retries on the default queue.']
                : []),
            ),
            table('task_routes', tuple(routes.map(routeValue))),
          ].join('\n'),
        ];
  if (options.length === 0) return parts;
  const notes = comment(
    'What holds for the tasks of a queue. Celery counts rate limits per worker and name of a task.',
    ...(application.celery.acksLate
      ? ['acks_on_failure_or_timeout: a task that fails is rejected, and so goes to the dead letters.']
      : []),
  );
  return [...parts, `${notes}\n${table('TASK_OPTIONS', dict(options))}`, optionsClass(routes.length > 0)];
}

/** Celery reads a name with `*` in it as a shell's pattern, where two more characters have a meaning. */
function routeValue([pattern, queue]: readonly [string, string]): Expression {
  const name = pattern.includes('*') ? pattern.replaceAll(/[[?]/g, '[$&]') : pattern;
  return dict([[name, dict([['queue', pythonString(queue)]])]]);
}

function taskOptions(application: Application, queue: Queue): (readonly [string, Expression])[] {
  if (queue.isGenerated === true) return [];
  const limits = application.workers
    .filter(({ queues }) => queues.includes(queue.name))
    .flatMap(({ rateLimit }) => rateLimit ?? []);
  const [lowest] = limits.sort((a, b) => perHour(a) - perHour(b));
  return [
    ...(lowest === undefined ? [] : [['rate_limit', pythonString(lowest)] as const]),
    ...(application.celery.acksLate && application.deadLettering.has(queue.name)
      ? [['acks_on_failure_or_timeout', 'False'] as const]
      : []),
  ];
}

function perHour(rateLimit: string): number {
  const [count = '', unit = ''] = rateLimit.split('/');
  return Number(count) * ({ s: 3600, m: 60 }[unit] ?? 1);
}

/** The options of a queue's tasks belong to names of tasks, of which the topology knows patterns only. */
function optionsClass(hasRoutes: boolean): string {
  const queue = hasRoutes
    ? `        routes = (MapRoute(route)(task.name) for route in task_routes)
        queue = next(filter(None, routes), {"queue": task_default_queue})["queue"]
        return TASK_OPTIONS.get(queue, {})`
    : '        return TASK_OPTIONS.get(task_default_queue, {})';
  return `
class _TaskOptions:
    """Celery asks it for the options of every task. Its own tasks keep theirs."""

    @staticmethod
    def annotate(task):
        if task.name.startswith("celery."):
            return {}
${queue}


task_annotations = (_TaskOptions(),)`;
}
