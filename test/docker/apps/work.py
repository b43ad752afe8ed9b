"""Tasks that tell in the container's log when they begin and when they are done."""

import json
import os
import time

from celery import Celery

app = Celery("work", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1)


def tell(task, what):
    line = {"id": task.request.id, "what": what, "redelivered": task.request.delivery_info["redelivered"]}
    # Past Celery, which takes what is printed into its own log.
    os.write(1, (json.dumps(line) + "\n").encode())


@app.task(name="short", bind=True)
def short(self):
    tell(self, "begun")
    time.sleep(0.1)
    tell(self, "done")


@app.task(name="stuck", bind=True)
def stuck(self):
    """Until its worker dies: whoever gets it then is done at once."""
    tell(self, "begun")
    if not self.request.delivery_info["redelivered"]:
        time.sleep(600)
    tell(self, "done")
