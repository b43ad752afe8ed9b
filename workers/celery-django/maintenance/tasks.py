"""What beat starts. The topology routes it to `maintenance`."""

from typing import Any

from celery import Task, shared_task

from config.game_api import ask


@shared_task(bind=True)
def remove_old_data(self: Task, **work: Any) -> dict[str, Any]:
    return ask(self, **work)
