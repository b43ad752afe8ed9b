"""What Django does with the tasks; prints what came of each step."""

import json
import sys

from celery_app import app, echo, process_match, recover, slow, sync_player

WAIT_S = 60


def inspect(node):
    asked = app.control.inspect(destination=[node], timeout=WAIT_S)
    described = asked.registered("rate_limit", "acks_late", "acks_on_failure_or_timeout")
    return {
        "queues": [queue["name"] for queue in asked.active_queues()[node]],
        "prefetch": asked.stats()[node]["prefetch_count"],
        "tasks": described[node],
    }


def delayed():
    """Tasks that wait, more than the worker prefetches, must not hold up the next one."""
    waiting = [echo.apply_async(("waits",), countdown=6) for _ in range(3)]
    assert echo.delay("at once").get(timeout=WAIT_S) == "at once"
    return [result.get(timeout=WAIT_S) for result in waiting]


STEPS = {
    "run": lambda: sync_player.delay(7).get(timeout=WAIT_S),
    "send": lambda: sync_player.delay(7).id,
    "inspect": lambda: inspect(sys.argv[1]),
    "retry": lambda: process_match.delay(2).get(timeout=WAIT_S),
    "delayed": delayed,
    "fail": lambda: recover.delay().id,
    "slow": lambda: slow.delay(600).id,
    "refuse": lambda: sync_player.apply_async((1,), queue="not_in_the_topology").id,
}


def outcome(step):
    try:
        return {"value": STEPS[step]()}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


print(json.dumps({step: outcome(step) for step in sys.argv[2:]}))
