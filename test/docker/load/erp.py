"""Load for the ERP: web workers with one connection each, declaring, writing and reading.

Runs beside the application's own modules: `python load.py '{"users": 100, "workers": 4, "rate": 100, "seconds": 5}'`.
"""

import json
import multiprocessing
import random
import sys
import time

import rabbitmq
from erp.events import Events

# Every so many writes one batch is read.
WRITES_PER_READ = 10


def work(options, worker):
    return WebWorker(options, worker).run()


class WebWorker:
    def __init__(self, options, worker):
        self.users = range(worker, options["users"], options["workers"])
        self.interval = options["workers"] / options["rate"]
        self.seconds = options["seconds"]
        self.worker = worker
        self.events = Events()
        self.written = []
        self.read = []
        self.write_times = []
        self.read_times = []

    def run(self):
        began = time.monotonic()
        for user in self.users:
            self.events.declare(user, user)
        declared = time.monotonic() - began
        self.use()
        # What nobody read in time.
        for user in self.users:
            self.read += self.events.of_user(user)
        self.events.close()
        read = [event.decode() for event in self.read]
        return {
            "declareSeconds": declared,
            "writes": self.write_times,
            "reads": self.read_times,
            "lost": sorted(set(self.written) - set(read)),
            "doubled": sorted({event for event in read if read.count(event) > 1}),
        }

    def use(self):
        chance = random.Random(self.worker)
        begin = time.monotonic()
        for number in range(round(self.seconds / self.interval)):
            time.sleep(max(0, begin + number * self.interval - time.monotonic()))
            # Some are written to often, so that batches are some.
            user = self.users[int(len(self.users) * chance.random() ** 3)]
            event = f"{self.worker}-{number}"
            self.timed(
                self.write_times, lambda: self.events.notify_user(user, event.encode())
            )
            self.written.append(event)
            if number % WRITES_PER_READ == WRITES_PER_READ - 1:
                self.read += self.timed(
                    self.read_times, lambda: self.events.of_user(user)
                )

    @staticmethod
    def timed(times, action):
        before = time.monotonic()
        result = action()
        times.append(time.monotonic() - before)
        return result


def percentile_ms(results, key, share):
    seconds = sorted(second for result in results for second in result[key])
    return round(seconds[int(len(seconds) * share)] * 1000, 2)


def main(options):
    rabbitmq.set_up_logging()
    workers = range(options["workers"])
    with multiprocessing.Pool(len(workers)) as pool:
        found = pool.starmap(work, [(options, worker) for worker in workers])
    print(
        json.dumps(
            {
                "queues": 3 * options["users"],
                "declareSeconds": round(max(one["declareSeconds"] for one in found), 2),
                "writes": sum(len(one["writes"]) for one in found),
                "reads": sum(len(one["reads"]) for one in found),
                "writeMedianMs": percentile_ms(found, "writes", 0.5),
                "writeP95Ms": percentile_ms(found, "writes", 0.95),
                "readMedianMs": percentile_ms(found, "reads", 0.5),
                "readP95Ms": percentile_ms(found, "reads", 0.95),
                "lost": [event for one in found for event in one["lost"]],
                "doubled": [event for one in found for event in one["doubled"]],
            }
        )
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
