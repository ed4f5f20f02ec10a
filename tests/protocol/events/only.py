"""One event of a sample."""

import json

from tests.protocol.data import sample
from webqq.protocol.events import Event, parse_events


def only_event(name: str) -> Event:
    """Returns the event of ``poll2-<name>.json``."""
    [event] = parse_events(json.loads(sample(f"poll2-{name}.json"))["result"])
    return event
