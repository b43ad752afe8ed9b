"""A browser of the ERP: writes by one web worker, and waits for it at another.

`python load.py HOST HOST`
"""

import json
import sys
import threading
import urllib.request

USER = "/users/17"


def ask(host, body=None):
    with urllib.request.urlopen(
        f"http://{host}:8000{USER}", body, timeout=60
    ) as answer:
        return {"status": answer.status, "answer": json.load(answer)}


def main(first, second):
    found = []
    waiting = threading.Thread(target=lambda: found.append(ask(second)))
    waiting.start()
    written = ask(first, b"an event")
    waiting.join()
    print(json.dumps({"written": written["status"], "read": found[0]["answer"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
