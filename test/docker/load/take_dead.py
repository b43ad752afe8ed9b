"""What an operator finds in a dead letter queue: waits until so many are there, and prints their names.

`python load.py ffmpeg_job_dlq 1`
"""

import asyncio
import json
import sys
import time

from aio_broker import connect

WAIT_S = 60


async def main(name, expected):
    found = []
    until = time.monotonic() + WAIT_S
    async with await connect() as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(name, ensure=False)
        while len(found) < expected and time.monotonic() < until:
            message = await queue.get(fail=False)
            if message is None:
                await asyncio.sleep(0.2)
                continue
            await message.ack()
            found.append(message.message_id)
        # One that should not be there.
        extra = await queue.get(fail=False)
    print(json.dumps({"dead": found, "more": extra is not None}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
