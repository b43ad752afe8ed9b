"""The Celery application: its one task writes its name down, with a confirm, and is acknowledged then."""

import os
import ssl
import time
from collections.abc import Callable

from amqp.exceptions import AMQPError
from celery import Celery
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError

from where import DONE

URL = os.environ["CELERY_BROKER_URL"]
app = Celery("tasks", broker=URL)
if URL.startswith("amqps:"):
    ca = os.environ["RABBITMQ_CA_FILE"]
    app.conf.broker_use_ssl = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": ca}
# The topology has it. Celery asks quorum queues for messages in another way than classic ones.
QUEUE = Queue(
    "tasks",
    Exchange(""),
    routing_key="tasks",
    no_declare=True,
    queue_arguments={"x-queue-type": os.environ["QUEUE_TYPE"]},
)
app.conf.update(
    task_queues=[QUEUE],
    task_default_queue="tasks",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=4,
    # A send is over when the broker has the task.
    broker_transport_options={"confirm_publish": True},
)


def until_taken(send: Callable[[str], object], text: str) -> None:
    """Sends again until the broker has it, and says so there: without its confirm, the first may have come as well."""
    tried = text
    while True:
        try:
            send(tried)
            return
        except (OperationalError, AMQPError, OSError) as error:
            print(f"again in a moment: {error!r}", flush=True)
            tried = f"{text} again"
            time.sleep(0.5)


def note(queue: str, text: str) -> None:
    """Over when the broker has it."""

    def publish(noted: str) -> None:
        with app.producer_pool.acquire(block=True) as producer:
            producer.publish(
                noted,
                exchange="",
                routing_key=queue,
                serializer="raw",
                content_type="text/plain",
                content_encoding="utf-8",
                retry=False,
            )

    until_taken(publish, text)


@app.task(bind=True, name="work")
def work(self, name: str) -> None:
    mark = " redelivered" if self.request.delivery_info["redelivered"] else ""
    note(DONE, f"{name}{mark}")
