"""Stands for the service that the tasks ask for their data."""

import time
from typing import Any

from celery import Task


class Unavailable(Exception):
    """A disturbance that passes: the task is tried again, later and later."""


def ask(task: Task, seconds: float = 0, fail: int | str = 0) -> dict[str, Any]:
    """`fail` is how many attempts fail; "permanent" is an error that no attempt mends."""
    started = time.time()
    time.sleep(seconds)
    attempt = task.request.retries + 1
    if fail == "permanent":
        raise ValueError("there is no such data")
    if attempt <= int(fail):
        raise Unavailable("the game's service is away")
    return {
        "started": started,
        "attempt": attempt,
        "redelivered": task.request.delivery_info["redelivered"],
    }
