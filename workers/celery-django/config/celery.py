"""The Celery application: `celery -A config worker -Q …`, `celery -A config beat`.

Queues, routes, limits and acknowledgement stand in celery_settings.py, which is made from the topology.
The broker's URL stands in the environment, CELERY_BROKER_URL.
"""

import os

from celery import Celery

if not os.environ.get("CELERY_BROKER_URL"):
    raise SystemExit(
        "CELERY_BROKER_URL is not set: it is the broker's URL, with user and password"
    )

app = Celery("config")
app.config_from_object("config.celery_settings")
app.autodiscover_tasks(["players", "matches", "timelines", "recovery", "maintenance"])

app.conf.beat_schedule = {
    "sync-top-players": {
        "task": "players.tasks.sync",
        "schedule": 60.0,
        "kwargs": {"player": 1},
        # Nobody wants the old ones, where the workers were away.
        "options": {"expires": 60},
    },
    "remove-old-data": {"task": "maintenance.tasks.remove_old_data", "schedule": 15.0},
}
# What beat remembers of its last run; where a container may write.
app.conf.beat_schedule_filename = "/tmp/celerybeat-schedule"
