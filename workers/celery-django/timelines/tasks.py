"""What happened in a match, minute by minute. The topology routes them to `timeline_processing`."""

from typing import Any

from celery import Task, shared_task

from config.celery_settings import RETRY
from config.game_api import Unavailable, ask


@shared_task(bind=True, autoretry_for=(Unavailable,), **RETRY)
def process(self: Task, match: int, **work: Any) -> dict[str, Any]:
    return {"match": match, **ask(self, **work)}
