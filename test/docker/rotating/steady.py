"""Sends names at a steady rate until it is told to stop; what is counted, the broker has confirmed."""

import os
import threading
import time
import uuid
from collections.abc import Callable

from where import Stop

RATE = float(os.environ["RATE"])
THREADS = int(os.environ.get("THREADS", "1"))


def in_threads(work: Callable[[Stop], None]) -> None:
    stop = Stop()
    threads = [threading.Thread(target=work, args=(stop,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def at_a_steady_rate(stop: Stop, send: Callable[[str, int], None]) -> str:
    """Sends `RUN-1`, `RUN-2` and so on; returns `RUN COUNT`, of which all are confirmed."""
    run, interval, begin = uuid.uuid4().hex[:8], THREADS / RATE, time.monotonic()
    number = 0
    while not stop:
        time.sleep(max(0, begin + number * interval - time.monotonic()))
        number += 1
        send(f"{run}-{number}", number)
    return f"{run} {number}"
