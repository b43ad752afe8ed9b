"""Sends tasks with Celery and confirms, until it is told to stop; then it says how many there are."""

from steady import at_a_steady_rate, in_threads
from tasks import note, until_taken, work
from where import SENT, Stop


def send(name: str, _: int) -> None:
    until_taken(lambda text: work.apply_async((text,), retry=False), name)


def publish(stop: Stop) -> None:
    note(SENT, at_a_steady_rate(stop, send))


in_threads(publish)
