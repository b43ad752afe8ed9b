"""The Celery application: its one task writes its name down, with a confirm, and is acknowledged then."""

import os

from celery import Celery
from where import DONE

app = Celery("tasks", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(
    task_default_queue="tasks",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=4,
    # The topology has it; and a send is over when the broker has the task.
    task_create_missing_queues=True,
    broker_transport_options={"confirm_publish": True},
)


def note(queue: str, text: str) -> None:
    """Over when the broker has it."""
    with app.producer_pool.acquire(block=True) as producer:
        producer.publish(
            text,
            exchange="",
            routing_key=queue,
            serializer="raw",
            content_type="text/plain",
            content_encoding="utf-8",
            retry=True,
        )


@app.task(bind=True, name="work")
def work(self, name: str) -> None:
    mark = " redelivered" if self.request.delivery_info["redelivered"] else ""
    note(DONE, f"{name}{mark}")
