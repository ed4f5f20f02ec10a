"""The pauses between sends."""

import asyncio

import pytest

from tests.client.service import Service
from webqq.client import pacing as pacing_module
from webqq.client.pacing import Pacing


def times(service: Service, pacing: Pacing, *sends: tuple[str, str]) -> list[float]:
    """When each send of a chat and a text may go out; those of one chat one after the other."""

    async def one(chat: str, text: str) -> float:
        await pacing.wait(chat, text)
        return service.loop.time()

    async def main() -> list[float]:
        return await asyncio.gather(*(one(chat, text) for chat, text in sends))

    return service.run(main())


def test_two_chats_keep_the_shorter_pause(service: Service):
    assert times(service, Pacing(0.5, 2.0), ("a", "1"), ("b", "2"), ("c", "3")) == [0, 0.5, 1.0]


def test_one_chat_keeps_the_longer_pause_and_holds_up_no_other(service: Service):
    pacing = Pacing(0.5, 2.0)
    times(service, pacing, ("a", "1"))
    assert times(service, pacing, ("a", "2"), ("b", "3")) == [2.0, 0.5]


def test_equal_text_waits_longer_in_a_chat_also_when_others_were_between(service: Service):
    pacing = Pacing(0.5, 2.0)
    times(service, pacing, ("a", "same"))
    times(service, pacing, ("b", "other"))
    assert times(service, pacing, ("a", "same")) == [2.5]


def test_memory_of_chats_is_bounded(service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pacing_module, "REMEMBERED", 2)
    pacing = Pacing(0, 0)
    times(service, pacing, *((str(number), "") for number in range(5)))
    assert len(pacing._chats) == 2


@pytest.mark.parametrize("options", [{"interval": -1}, {"chat_interval": float("nan")}])
def test_pause_that_is_none_is_refused_by_name(options: dict[str, float]):
    with pytest.raises(ValueError, match=f"{next(iter(options))} must be 0 seconds or more"):
        Pacing(**options)
