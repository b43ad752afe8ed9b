"""Jobs for the media workers and for speech-to-text, in order, each confirmed; prints their names.

Runs beside the application's own modules: `python load.py ffmpeg_jobs '[{"name": "a", "job": {"seconds": 2}}]'`; for
stt with a `priority`.
"""

import asyncio
import importlib
import json
import sys

from aio_broker import connect


async def main(application, jobs):
    submit = importlib.import_module(f"{application}.submit").submit
    names = []
    async with await connect() as connection:
        channel = await connection.channel(on_return_raises=True)
        for job in jobs:
            names.append(await submit(channel, **job))
    print(json.dumps({"confirmed": names}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
