"""Players' data, fetched from the game's service. The topology routes them to `player_sync`."""

from typing import Any

from celery import Task, shared_task

from config.celery_settings import RETRY
from config.game_api import Unavailable, ask


@shared_task(bind=True, autoretry_for=(Unavailable,), **RETRY)
def sync(self: Task, player: int, **work: Any) -> dict[str, Any]:
    return {"player": player, **ask(self, **work)}
