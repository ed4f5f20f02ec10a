"""A running gateway: its parts put together, listening, and stopped without loss."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import argon2
from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.routing import Router
from tornado.web import Application

from webqq.gateway import registry
from webqq.gateway.accesslog import log_request
from webqq.gateway.addresses import Addresses
from webqq.gateway.calls.ptlogin import check_sig_url
from webqq.gateway.community import Community, read_community
from webqq.gateway.directory import Directory, open_directory
from webqq.gateway.errors import CertificateError, GatewayError, StoreError
from webqq.gateway.handlers import UnknownHandler, page_routes
from webqq.gateway.listening import address_of, listen
from webqq.gateway.operations import operations_routes
from webqq.gateway.router import CallRouter
from webqq.gateway.seed import COMMUNITY_FILE, seed_community
from webqq.gateway.services import Services, load_services
from webqq.gateway.serving import ARRIVAL_SECONDS, Busy
from webqq.gateway.store import Store
from webqq.gateway.tls import ServerTLS
from webqq.gateway.vault import Vault, read_key
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber

__all__ = ["COMMUNITY_FILE", "Gateway"]

BODY_BYTES = 256 * 1024
"""Largest body of a request; the largest that makes sense is a message of 16 KiB, encoded twice."""

IDLE_SECONDS = 300.0
"""How long a connection without a request is kept."""

SWEEP_SECONDS = 10.0
"""How often the gateway looks for who has gone without a word."""

FOLLOW_SECONDS = 1.0
"""How often the gateway looks whether a command has changed the community: a person would look again later."""

CLEAN_SECONDS = 3600.0
"""How often the gateway looks for pictures and files that are too old."""

RENEW_SECONDS = 3600.0
"""How often the gateway looks whether its certificate ends soon."""

_log = logging.getLogger(__name__)

STOP_SECONDS = 5.0
"""How long a stop waits for calls under way; they end at once unless a disk or a client hangs."""


class Gateway:
    """The WebQQ service, for the accounts of one community.

    :param data: the data folder; made where it does not exist.
    :param community: a community file, put in place of the community at each start. None: the data file's, which
        commands change; the first one is taken from ``community.toml`` in the data folder, which is made with a bot, a
        person and a group where it does not exist.
    :param hold: how long a poll is held, in seconds.
    :param hasher: of passwords; with argon2's costs for this kind of program where None.
    :param clock: seconds since the epoch.
    :param is_behind_proxy: take clients' addresses and schemes from the X-Real-IP and X-Forwarded-* headers of the http
        side. Only where no one but a proxy can connect: else everybody could name any address.
    :param public: host and port at which clients reach the http side, where that is not as they see it themselves: they
        are given out for files and pictures, which old clients fetch by plain http.
    :param serves_old_tls: https with TLS 1.0 and 1.1, too, for clients that know no later one.
    """

    def __init__(
        self,
        data: Path,
        community: Path | None = None,
        *,
        hold: float = 60.0,
        hasher: argon2.PasswordHasher | None = None,
        clock: Callable[[], float] = time.time,
        is_behind_proxy: bool = False,
        public: tuple[str, int] | None = None,
        serves_old_tls: bool = False,
    ) -> None:
        self._data = data
        self._file = community
        self._hold = hold
        self._hasher = hasher
        self._clock = clock
        self._store: Store | None = None
        self._services: Services | None = None
        self._is_behind_proxy = is_behind_proxy
        self._public = public
        self._serves_old_tls = serves_old_tls
        self._servers: list[HTTPServer] = []
        self._timers: list[PeriodicCallback] = []
        self._tls: ServerTLS | None = None
        self._busy = Busy()
        self._is_following = True
        self.url = ""
        """The base address, such as ``http://127.0.0.1:8080``, once :meth:`start` has returned."""
        self.https_url = ""
        """The same of the https side; empty where there is none."""
        self.admin_url = ""
        """The same of ``/healthz`` and ``/metrics``; empty where they are not served."""
        self.is_seeded = False
        """Whether the community is one that the gateway made for itself, now or at an earlier start."""

    @property
    def community(self) -> Community:
        """Who is in the community; after :meth:`start`."""
        return self._running().directory.community

    @property
    def authority_file(self) -> Path:
        """The certificate that clients of the https side have to trust; after a :meth:`start` with one.

        :raises GatewayError: there is no https side.
        """
        if self._tls is None:
            raise GatewayError("the gateway does not serve https")
        return self._tls.authority_file

    async def start(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        https: tuple[str, int] | None = None,
        admin: tuple[str, int] | None = None,
    ) -> str:
        """Open the data folder, listen, and return the base address. Port 0 takes a free one.

        :param https: host and port to serve https on, with certificates of the gateway's own authority.
        :param admin: host and port of ``/healthz`` and ``/metrics``, for the operator alone.
        :raises GatewayError: why nothing was started, in one sentence.
        """
        community = None if self._file is None else read_community(self._file)
        store = self._store = Store(self._data)
        bound: dict[str, socket.socket] = {}
        try:
            vault = Vault(read_key(self._data), self._hasher)
            if community is None:
                directory = await self._own_directory(store, vault)
            else:
                directory = await open_directory(store, vault, community, self._file)
            services = load_services(store, vault, directory, hold=self._hold, clock=self._clock)
            bound["http"] = listen(host, port)
            if admin is not None:
                bound["admin"] = listen(*admin)
            if https is not None:
                bound["https"] = listen(*https)
                self._tls = await asyncio.to_thread(self._make_tls, host, https[0])
        except BaseException:
            for each in bound.values():
                each.close()
            await store.close()
            raise
        self._services = services
        http_port = bound["http"].getsockname()[1]
        services.addresses = Addresses(self._public, self._is_behind_proxy, http_port)
        store.start()
        self._serve(services, bound)
        self.url = address_of("http", host, http_port)
        if https is not None:
            self.https_url = address_of("https", https[0], bound["https"].getsockname()[1])
        if admin is not None:
            self.admin_url = address_of("http", admin[0], bound["admin"].getsockname()[1])
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

    def is_password_of(self, number: QQNumber, password: str) -> bool:
        """Tell whether an account can sign in with a password, for who runs a gateway and a client in one process."""
        services = self._running()
        secret = services.directory.secrets.get(number)
        return secret is not None and services.vault.is_of(secret, number, password)

    async def stop(self) -> None:
        """Answer held polls with nothing, let calls under way end, write what is queued, close. Idempotent."""
        servers, self._servers = self._servers, []
        if servers and self._services is not None:
            self._services.is_stopping = True
            for server in servers:
                server.stop()
            for timer in self._timers:
                timer.stop()
            self._services.sessions.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._busy.wait_idle(), STOP_SECONDS)
            for server in servers:
                await server.close_all_connections()
        if self._store is not None:
            await self._store.close()

    async def _own_directory(self, store: Store, vault: Vault) -> Directory:
        """The community of the data file; the first one comes from a file made for it, or laid there beforehand."""
        path = self._data / COMMUNITY_FILE
        if store.run(registry.has_community):
            store.run(registry.claim)
            self.is_seeded = path.exists()
            if store.run(registry.seed_of) not in (None, _digest(path)):
                _log.warning(
                    "%s was changed, but is read at the first start alone; change the community with `webqq account` "
                    "and `webqq group`, or start with --community %s",
                    path,
                    path,
                )
            return await open_directory(store, vault)
        seed_community(path)
        self.is_seeded = True
        directory = await open_directory(store, vault, read_community(path))
        store.run(lambda db: registry.note_seed(db, _digest(path) or b""))
        return directory

    def _make_tls(self, *listening: str) -> ServerTLS:
        return ServerTLS(self._data, listening, self._clock, serves_old_clients=self._serves_old_tls)

    def _serve(self, services: Services, bound: Mapping[str, socket.socket]) -> None:
        pages = Application(page_routes(), default_handler_class=UnknownHandler, log_function=log_request)
        router = CallRouter(services, self._busy, pages)
        self._listen(router, bound["http"], xheaders=self._is_behind_proxy)
        if self._tls is not None:
            self._listen(router, bound["https"], ssl_options=self._tls.context)
        if "admin" in bound:
            own = operations_routes(services, lambda: self._tls.expires if self._tls is not None else 0.0)
            self._listen(Application(own, log_function=_log_nothing), bound["admin"], body_timeout=ARRIVAL_SECONDS)
        self._timers = [
            PeriodicCallback(services.sweep, SWEEP_SECONDS * 1000),
            PeriodicCallback(router.serving.hang_up_on_slow, SWEEP_SECONDS * 1000),
            PeriodicCallback(self._follow, FOLLOW_SECONDS * 1000),
            PeriodicCallback(services.media.sweep, CLEAN_SECONDS * 1000),
        ]
        if self._tls is not None:
            self._timers.append(PeriodicCallback(self._renew, RENEW_SECONDS * 1000))
        for timer in self._timers:
            timer.start()

    async def _follow(self) -> None:
        """A community that cannot be read goes on as it is known; the log tells, once for each time that it began."""
        try:
            if await self._running().follow():
                _log.info("the community was changed")
            self._is_following = True
        except StoreError as error:
            if self._is_following:
                _log.error("changes of the community cannot be read: %s", error)
            self._is_following = False

    async def _renew(self) -> None:
        """A certificate that cannot be renewed is good for some days yet: the log tells, and nothing ends."""
        try:
            if self._tls is not None and await asyncio.to_thread(self._tls.renew):
                self._tls.load()
        except CertificateError as error:
            _log.error("the certificate was not renewed: %s", error)

    def _listen(self, router: Router, bound: socket.socket, **options: Any) -> None:
        server = HTTPServer(
            router,
            max_body_size=BODY_BYTES,
            max_buffer_size=BODY_BYTES,
            idle_connection_timeout=IDLE_SECONDS,
            **options,
        )
        server.add_socket(bound)
        self._servers.append(server)

    def _running(self) -> Services:
        if self._services is None:
            raise GatewayError("the gateway was not started")
        return self._services


def _digest(path: Path) -> bytes | None:
    """Return a digest of a file, None where there is none to read."""
    try:
        return blake2b(path.read_bytes(), digest_size=32).digest()
    except OSError:
        return None


def _log_nothing(handler: object) -> None:
    """A monitor asks every few seconds."""
