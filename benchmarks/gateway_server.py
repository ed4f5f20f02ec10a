"""The measured gateway: a community with everybody signed in, whose tokens it writes to a file.

Sessions are begun in the process itself: ten thousand logins over HTTP would take longer than what is measured. With
``--bare`` it is a plain Tornado handler instead, which reads a form and answers a small JSON text.

Prints one line of JSON once it serves: its port, and the bytes of memory before and after the sessions.
"""

import argparse
import asyncio
import gc
import json
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from benchmarks.clients.harness import resident
from benchmarks.crash_gateway import CHEAP
from benchmarks.machine import most_connections
from webqq.cli.running import collect_rarely
from webqq.gateway.app import Gateway
from webqq.gateway.services import Services
from webqq.gateway.tokens import Purpose
from webqq.protocol.ids import GroupNumber, QQNumber
from webqq.protocol.status import Status

__all__ = ["FIRST", "GROUP"]

FIRST, GROUP = 100_000, 900_100
"""Number of the first account, those of the others follow; of the group of the last ones."""

_AT_ONCE = 500


def write_community(path: Path, accounts: int, members: int) -> None:
    """Accounts 2k and 2k+1 are friends."""
    numbers = range(FIRST, FIRST + accounts)
    lines = []
    for number in numbers:
        lines += ["[[account]]", f"number = {number}", f'nick = "{number}"', f'password = "{number}"']
        lines.append(f"friends = [{number ^ 1}]")
    group = list(numbers[-members:])
    lines += ["[[group]]", f"number = {GROUP}", 'name = "all"', f"owner = {group[0]}", f"members = {group}", ""]
    path.write_text("\n".join(lines), "utf-8")


async def sign_in(services: Services, number: QQNumber) -> dict[str, Any]:
    """Begin a session; return what its client has to know."""
    sessions = services.sessions
    login = await sessions.issue(number, "/")
    await sessions.confirm(sessions.token(Purpose.SIGNATURE, login))
    session = await sessions.begin(login, Status("online"))
    roster = services.roster(login)
    known = {"friend": roster.uin(QQNumber(number ^ 1)), "psessionid": sessions.psessionid(session)}
    is_member = number in services.directory.community.groups[GroupNumber(GROUP)].members
    return {**known, "gid": roster.gid(GroupNumber(GROUP)) if is_member else None}


async def serve_gateway(options: argparse.Namespace) -> None:
    collect_rarely()
    path = options.folder / "community.toml"
    write_community(path, options.accounts, options.members)
    gateway = Gateway(options.folder / "data", path, hold=options.hold, hasher=CHEAP)
    url = await gateway.start()
    gc.collect()
    before = resident()
    begun = 0 if options.without_sessions else options.accounts
    numbers = [QQNumber(FIRST + index) for index in range(begun)]
    sessions: list[dict[str, Any]] = []
    for begin in range(0, len(numbers), _AT_ONCE):
        some = numbers[begin : begin + _AT_ONCE]
        sessions += await asyncio.gather(*(sign_in(gateway._running(), number) for number in some))
    (options.folder / "sessions.json").write_text(json.dumps(sessions), "utf-8")
    del sessions
    gc.collect()
    print(json.dumps({"port": int(url.rpartition(":")[2]), "before": before, "after": resident()}), flush=True)
    await asyncio.Event().wait()


class Bare(RequestHandler):
    """What a handler costs that has nothing to do."""

    def post(self) -> None:
        self.get_body_argument("r")
        self.set_header("Content-Type", "application/json")
        self.finish('{"retcode":0,"result":"ok"}')


async def serve_bare() -> None:
    server = HTTPServer(Application([("/.*", Bare)], log_function=lambda handler: None))
    [bound] = bind_sockets(0, "127.0.0.1")
    server.add_socket(bound)
    print(json.dumps({"port": bound.getsockname()[1], "before": 0, "after": 0}), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.gateway_server")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--accounts", type=int, default=10)
    parser.add_argument("--members", type=int, default=5)
    parser.add_argument("--hold", type=float, default=3600.0)
    parser.add_argument("--without-sessions", action="store_true", help="clients sign in by themselves")
    parser.add_argument("--bare", action="store_true")
    options = parser.parse_args()
    most_connections()
    asyncio.run(serve_bare() if options.bare else serve_gateway(options))


if __name__ == "__main__":
    main()
