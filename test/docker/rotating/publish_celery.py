"""Sends tasks with Celery and confirms, until it is told to stop; then it says how many there are."""

from steady import at_a_steady_rate, in_threads
from tasks import note, work
from where import SENT, Stop


def publish(stop: Stop) -> None:
    count = at_a_steady_rate(stop, lambda name, _: work.apply_async((name,), retry=True))
    note(SENT, count)


in_threads(publish)
