"""The Celery application: `celery -A config worker -Q …`, `celery -A config beat`.

Queues, routes, limits and acknowledgement stand in celery_settings.py, which is made from the topology.
The broker's URL stands in the environment, CELERY_BROKER_URL.
"""

import os
import ssl

from celery import Celery
from celery.signals import setup_logging

import rabbitmq

url = os.environ.get("CELERY_BROKER_URL")
if not url:
    raise SystemExit(
        "CELERY_BROKER_URL is not set: it is the broker's URL, with user and password"
    )

app = Celery("config")
app.config_from_object("config.celery_settings")
if url.startswith("amqps:"):
    # RABBITMQ_CA_FILE: the broker's authority, where it isn't one that the system knows.
    ca = os.environ.get("RABBITMQ_CA_FILE")
    app.conf.broker_use_ssl = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": ca}
app.autodiscover_tasks(["players", "matches", "timelines", "recovery", "maintenance"])


@setup_logging.connect
def log_as_all_do(**_kwargs: object) -> None:
    """One line for each task that comes and goes, whatever --loglevel says."""
    rabbitmq.set_up_logging()


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
