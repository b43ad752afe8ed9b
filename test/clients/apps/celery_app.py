"""The tasks of the game-data service: a Celery application on rendered settings."""

import json
import os
import time

import celery_settings
from celery import Celery

app = Celery("game")
app.config_from_object("celery_settings")

RETRY = getattr(celery_settings, "RETRY", {})


def note(task, **more):
    """One line for each run of a task; deaths are what the broker noted in the message."""
    request = task.request
    deaths = [
        {"queue": death["queue"], "reason": death["reason"]}
        for death in request.__dict__.get("x-death") or []
    ]
    line = {
        "task": task.name,
        "key": request.delivery_info["routing_key"],
        "redelivered": request.delivery_info["redelivered"],
        "retries": request.retries,
        "deaths": deaths,
        **more,
    }
    with open(os.environ["NOTES"], "a", encoding="utf-8") as notes:
        notes.write(json.dumps(line) + "\n")


@app.task(name="players.tasks.sync", bind=True)
def sync_player(self, player):
    note(self, player=player)
    return player


@app.task(name="matches.tasks.process", bind=True, **RETRY)
def process_match(self, failures):
    note(self)
    if self.request.retries < failures:
        raise self.retry(countdown=1)
    return self.request.retries


@app.task(name="recovery.tasks.run", bind=True)
def recover(self):
    """Fails, unless it was dead-lettered."""
    note(self)
    if not self.request.__dict__.get("x-death"):
        raise ValueError("nothing to recover from")


@app.task(name="maintenance.tasks.echo", bind=True)
def echo(self, text):
    note(self, text=text)
    return text


@app.task(name="maintenance.tasks.slow", bind=True)
def slow(self, seconds):
    """Slow the first time: whoever gets it from a worker that died is done at once."""
    note(self)
    if not self.request.delivery_info["redelivered"]:
        time.sleep(seconds)
