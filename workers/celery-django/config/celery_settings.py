"""Settings of a Celery application: app.config_from_object("the.name.of.this.module").

Made by `warren render --to celery`: change the topology and render it again. Celery
declares nothing but what the topology declares, so no declaration is refused (406).
Address and password stand in the environment: CELERY_BROKER_URL.
"""

# The vhost "celery" on RabbitMQ 4.3, for the user "celery".

from celery.app.routes import MapRoute
from kombu import Exchange, Queue

# Tasks go straight to their queue, through the default exchange.
_tasks = Exchange("", type="direct")

task_queues = (
    Queue("default", exchange=_tasks, routing_key="default"),
    Queue("player_sync", exchange=_tasks, routing_key="player_sync"),
    Queue("match_processing", exchange=_tasks, routing_key="match_processing"),
    Queue("timeline_processing", exchange=_tasks, routing_key="timeline_processing"),
    Queue("recovery", exchange=_tasks, routing_key="recovery"),
    Queue("maintenance", exchange=_tasks, routing_key="maintenance"),
)

# Where tasks go whose names no route knows. A queue that is not listed is an error.
task_default_queue = "default"
task_default_exchange = ""
task_default_exchange_type = "direct"
task_default_routing_key = "default"
task_create_missing_queues = False

# By name of the task, the first that matches.
task_routes = (
    {"players.tasks.*": {"queue": "player_sync"}},
    {"matches.tasks.*": {"queue": "match_processing"}},
    {"timelines.tasks.*": {"queue": "timeline_processing"}},
    {"recovery.tasks.*": {"queue": "recovery"}},
    {"maintenance.tasks.*": {"queue": "maintenance"}},
)

# What holds for the tasks of a queue. Celery counts rate limits per worker and name of a task.
# acks_on_failure_or_timeout: a task that fails is rejected, and so goes to the dead letters.
TASK_OPTIONS = {
    "player_sync": {"rate_limit": "10/m", "acks_on_failure_or_timeout": False},
    "match_processing": {"rate_limit": "30/m", "acks_on_failure_or_timeout": False},
    "timeline_processing": {"rate_limit": "20/m", "acks_on_failure_or_timeout": False},
    "recovery": {"rate_limit": "5/m", "acks_on_failure_or_timeout": False},
    "maintenance": {"acks_on_failure_or_timeout": False},
}


class _TaskOptions:
    """Celery asks it for the options of every task. Its own tasks keep theirs."""

    @staticmethod
    def annotate(task):
        if task.name.startswith("celery."):
            return {}
        routes = (MapRoute(route)(task.name) for route in task_routes)
        queue = next(filter(None, routes), {"queue": task_default_queue})["queue"]
        return TASK_OPTIONS.get(queue, {})


task_annotations = (_TaskOptions(),)

# A task is acknowledged when it is done.
task_acks_late = True
task_reject_on_worker_lost = True

worker_prefetch_multiplier = 1

result_backend = "rpc://"

# Celery has no settings for these, its tasks have:
# @app.task(autoretry_for=(SomeError,), **RETRY)
RETRY = {
    "max_retries": 3,
    "retry_backoff": True,
    "retry_backoff_max": 600,
    "retry_jitter": True,
}

# A task counts as sent when the broker has confirmed it.
broker_transport_options = {"confirm_publish": True}
broker_connection_retry_on_startup = True
broker_heartbeat = 60

# A task with a countdown, an ETA or a retry keeps its place in the worker until then:
# RabbitMQ 4.3 has no global QoS. Quorum queues have delayed delivery.
