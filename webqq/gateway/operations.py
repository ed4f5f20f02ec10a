"""What an operator's programs ask: ``/healthz`` and ``/metrics``, on a port of their own.

Beside the service's hosts and paths, so that nothing of the protocol is shadowed and nobody who can chat can read them.
They hold numbers and no names: neither accounts nor addresses.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from tornado.web import RequestHandler

from webqq.gateway.errors import StoreError
from webqq.gateway.metrics import CONTENT_TYPE, Family, serialize_metrics
from webqq.gateway.services import Services
from webqq.protocol.jsontext import serialize_json

__all__ = ["HEALTH_SECONDS", "operations_routes"]

HEALTH_SECONDS = 5.0
"""How long a write to the disk may take for the gateway to count as healthy."""


class _Handler(RequestHandler):
    def initialize(self, services: Services, certificate_expires: Callable[[], float]) -> None:
        self._services = services
        self._certificate_expires = certificate_expires

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Cache-Control", "no-store")


class HealthHandler(_Handler):
    """200 where a send would reach the disk, else 503 and why."""

    async def get(self) -> None:
        """Have the store do a transaction."""
        trouble = await self._trouble()
        self.set_status(503 if trouble else 200)
        self.set_header("Content-Type", "application/json")
        self.finish(serialize_json({"status": trouble or "ok"}))

    async def _trouble(self) -> str:
        if self._services.is_stopping:
            return "stopping"
        try:
            await asyncio.wait_for(self._services.store.write(lambda db: None), HEALTH_SECONDS)
        except TimeoutError:
            return "the disk does not answer"
        except StoreError:
            return "the data file cannot be written"
        return ""


class MetricsHandler(_Handler):
    """Prometheus' text format."""

    def get(self) -> None:
        """All numbers as they are now."""
        self.set_header("Content-Type", CONTENT_TYPE)
        self.finish(serialize_metrics(self._families()))

    def _families(self) -> Iterator[Family]:
        services = self._services
        yield from services.metrics.families()
        community = services.directory.community
        live = services.sessions.all_live()
        yield Family.gauge("webqq_gateway_accounts", "Accounts of the community.", len(community.accounts))
        yield Family.gauge("webqq_gateway_groups", "Groups of the community.", len(community.groups))
        yield Family.gauge("webqq_gateway_sessions", "Sessions that speak for an account.", len(live))
        waiting = sum(session.receiver.is_waiting for session in live)
        yield Family.gauge("webqq_gateway_polls_waiting", "Polls that are held.", waiting)
        letters = sum(len(mailbox) for mailbox in services.post.mailboxes.values())
        yield Family.gauge("webqq_gateway_letters_waiting", "Messages that wait in mailboxes.", letters)
        sizes = tuple(("", (("what", what),), size) for what, size in sorted(services.sizes().items()))
        yield Family("webqq_gateway_in_memory", "gauge", "Entries in memory, of all that can grow.", sizes)
        yield Family.gauge("webqq_gateway_writes_waiting", "Writes that wait for the disk.", services.store.waiting)
        if expires := self._certificate_expires():
            yield Family.gauge(
                "webqq_gateway_certificate_expires_seconds",
                "End of the https certificate, since the epoch.",
                expires,
            )


def operations_routes(
    services: Services, certificate_expires: Callable[[], float]
) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return Tornado's rules.

    :param certificate_expires: gives seconds since the epoch, 0 without https.
    """
    given = {"services": services, "certificate_expires": certificate_expires}
    return [("/healthz", HealthHandler, given), ("/metrics", MetricsHandler, given)]
