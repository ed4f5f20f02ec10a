"""A gateway that may be killed at points of its work:

- ``begin``: a group of writes is about to begin its transaction;
- ``written``: one write of a group was done, and is not committed;
- ``committed``: a group was committed, and nobody was answered yet;
- ``handed out``: an answer with a batch was written to a client.
"""

import argparse
import asyncio
from pathlib import Path
from typing import Any

import argon2

from benchmarks.crash_aim import Aim, say_ready
from webqq.gateway import delivery, store
from webqq.gateway.app import Gateway

__all__ = ["CHEAP"]

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Passwords are not what is tested."""


def aim_at_writes(aim: Aim) -> None:
    """Put the points into the store and the receivers, whose own code shall not know of them."""
    begin, run_job, commit, finished = store._begin, store._run_job, store._commit, delivery.Receiver.finished

    def aimed_begin(db: Any) -> Any:
        aim.passing("begin")
        return begin(db)

    def aimed_commit(db: Any) -> Any:
        failure = commit(db)
        aim.passing("committed")
        return failure

    def aimed_job(db: Any, waiting: Any) -> None:
        run_job(db, waiting)
        aim.passing("written")

    def aimed_finished(self: delivery.Receiver, batch: delivery.Batch) -> None:
        if batch.letters:
            aim.passing("handed out")
        finished(self, batch)

    store._begin, store._run_job, store._commit = aimed_begin, aimed_job, aimed_commit
    delivery.Receiver.finished = aimed_finished  # type: ignore[method-assign]  # as the docstring says


async def serve(options: argparse.Namespace) -> None:
    gateway = Gateway(options.data, options.community, hasher=CHEAP)
    await gateway.start(port=options.port)
    say_ready()
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.crash_gateway")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--community", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    aim = Aim()
    aim_at_writes(aim)
    aim.listen()
    asyncio.run(serve(options))


if __name__ == "__main__":
    main()
