"""Messages that a gateway could not keep: said in a hint, made an event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webqq.client.inbox import Delivery
from webqq.protocol.events import Tips

__all__ = ["Gap", "with_gaps"]


@dataclass(frozen=True, slots=True)
class Gap:
    """So many messages for the account are lost: its mailbox at the gateway was full, or they waited for too long."""

    missed: int


def with_gaps(deliveries: Sequence[Delivery]) -> Iterator[Delivery]:
    """Yield deliveries, and behind each hint that tells of lost messages, a :class:`Gap`."""
    for delivery in deliveries:
        yield delivery
        if isinstance(delivery.event, Tips) and delivery.event.missed is not None:
            yield Delivery(Gap(delivery.event.missed), redelivered=delivery.redelivered)
