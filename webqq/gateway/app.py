"""A running gateway: its parts put together, listening, and stopped without loss."""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import argon2
from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.web import Application

from webqq.gateway.calls.ptlogin import check_sig_url
from webqq.gateway.community import Community, read_community
from webqq.gateway.directory import open_directory
from webqq.gateway.errors import GatewayError, ListenError
from webqq.gateway.handlers import Busy, UnknownHandler, routes
from webqq.gateway.seed import seed_community
from webqq.gateway.services import Services, load_services
from webqq.gateway.store import Store
from webqq.gateway.vault import Vault, read_key
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber

__all__ = ["COMMUNITY_FILE", "Gateway"]

COMMUNITY_FILE = "community.toml"
"""Where, in the data folder, the community is that a gateway without another makes for itself."""

BODY_BYTES = 256 * 1024
"""Largest body of a request; the largest that makes sense is a message of 16 KiB, encoded twice."""

IDLE_SECONDS = 300.0
"""How long a connection without a request is kept."""

SWEEP_SECONDS = 10.0
"""How often the gateway looks for who has gone without a word."""

_BACKLOG = 512

STOP_SECONDS = 5.0
"""How long a stop waits for calls under way; they end at once unless a disk or a client hangs."""


class Gateway:
    """The WebQQ service, for the accounts of one community.

    :param data: the data folder; made where it does not exist.
    :param community: the community file. None: ``community.toml`` in the data folder, which is made with a bot, a
        person and a group where it does not exist.
    :param hold: how long a poll is held, in seconds.
    :param hasher: of passwords; with argon2's costs for this kind of program where None.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        data: Path,
        community: Path | None = None,
        *,
        hold: float = 60.0,
        hasher: argon2.PasswordHasher | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._data = data
        self._file = community
        self._hold = hold
        self._hasher = hasher
        self._clock = clock
        self._store: Store | None = None
        self._services: Services | None = None
        self._server: HTTPServer | None = None
        self._sweeper: PeriodicCallback | None = None
        self._busy = Busy()
        self.url = ""
        """The base address, such as ``http://127.0.0.1:8080``, once :meth:`start` has returned."""
        self.is_seeded = False
        """Whether the community is one that the gateway made for itself, now or at an earlier start."""

    @property
    def community(self) -> Community:
        """Who is in the community; after :meth:`start`."""
        return self._running().directory.community

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Open the data folder, listen, and return the base address. Port 0 takes a free one.

        :raises GatewayError: why nothing was started, in one sentence.
        """
        community = None if self._file is None else read_community(self._file)
        store = self._store = Store(self._data)
        try:
            if community is None:
                self.is_seeded = True
                seed_community(self._data / COMMUNITY_FILE)
                community = read_community(self._data / COMMUNITY_FILE)
            vault = Vault(read_key(self._data), self._hasher)
            directory = await open_directory(store, vault, community)
            self._services = load_services(store, vault, directory, hold=self._hold, clock=self._clock)
            bound = _bind(host, port)
        except BaseException:
            await store.close()
            raise
        store.start()
        self._serve(self._services, bound)
        self.url = _address(host, bound.getsockname()[1])
        return self.url

    def sign_in_link(self, number: QQNumber) -> str:
        """Return an address that signs a browser in as this account, once, within a day.

        It is a check_sig address on the gateway's own host. Who has it needs no password; show it to the owner alone.

        :raises GatewayError: there is no such account.
        """
        services = self._running()
        if number not in services.directory.community.accounts:
            raise GatewayError(f"there is no account {number} in the community")
        login = services.sessions.issue_link(number, "/")
        host = self.url.removeprefix("http://")
        return check_sig_url(login, services.sessions, Flavour.WEBQQ_2013, host)

    async def stop(self) -> None:
        """Answer held polls with nothing, let calls under way end, write what is queued, close. Idempotent."""
        server, self._server = self._server, None
        if server is not None and self._services is not None and self._sweeper is not None:
            self._services.is_stopping = True
            server.stop()
            self._sweeper.stop()
            self._services.sessions.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._busy.wait_idle(), STOP_SECONDS)
            await server.close_all_connections()
        if self._store is not None:
            await self._store.close()

    def _serve(self, services: Services, bound: socket.socket) -> None:
        application = Application(
            routes(services, self._busy), default_handler_class=UnknownHandler, log_function=_log_nothing
        )
        self._server = HTTPServer(
            application,
            max_body_size=BODY_BYTES,
            max_buffer_size=BODY_BYTES,
            idle_connection_timeout=IDLE_SECONDS,
            body_timeout=IDLE_SECONDS,
        )
        self._server.add_socket(bound)
        self._sweeper = PeriodicCallback(services.sweep, SWEEP_SECONDS * 1000)
        self._sweeper.start()

    def _running(self) -> Services:
        if self._services is None:
            raise GatewayError("the gateway was not started")
        return self._services


def _bind(host: str, port: int) -> socket.socket:
    # By hand: Tornado's bind_sockets and socket.create_server leave their socket open after some of these errors.
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        bound.close()
        raise ListenError(f"{host}:{port} cannot be listened on: {_reason(error)}") from error
    bound.setblocking(False)
    return bound


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _address(host: str, port: int) -> str:
    # Who listens on all addresses is reached at this one by programs of the same machine.
    name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # not bound to here
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _log_nothing(handler: object) -> None:
    """Addresses of requests hold tokens; they are not logged."""
