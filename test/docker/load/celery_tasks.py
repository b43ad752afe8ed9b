"""Tasks for the game-data service: prints when each was begun, in which attempt, and what failed.

Runs beside the application's own modules: `python load.py '[["matches.tasks.process", {"match": 1}]]'`.
"""

import json
import sys

from config import celery_app

WAIT_S = 120


def outcome(result):
    try:
        return result.get(timeout=WAIT_S)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main(tasks):
    results = [
        celery_app.send_task(name, kwargs=arguments) for name, arguments in tasks
    ]
    outcomes = [{"id": result.id, **outcome(result)} for result in results]
    print(json.dumps({"outcomes": outcomes}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
