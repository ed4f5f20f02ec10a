import asyncio
import logging
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.gateway.calls.test_poll import begin_held, pair
from tests.gateway.helpers import BOT, running, until
from tests.gateway.wire import Line
from webqq.gateway import serving
from webqq.gateway.app import Gateway
from webqq.gateway.mediatypes import ANY_FILE
from webqq.gateway.metrics import Metrics, serialize_metrics
from webqq.gateway.rkeys import make_rkey
from webqq.gateway.troubles import Trouble, note_trouble

SIZE = 12 * 2**20


def counts(gateway: Gateway) -> dict[str, float]:
    (family,) = (each for each in gateway._running().metrics.families() if each.name == "webqq_gateway_troubles_total")
    return {labels[0][1]: value for _, labels, value in family.samples}


def events_of(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [each.fields for each in caplog.records if "event" in getattr(each, "fields", {})]  # type: ignore[attr-defined]  # the gateway's own


@pytest.mark.parametrize("trouble", Trouble)
def test_each_kind_has_a_line_an_event_and_a_count(trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    with caplog.at_level(logging.INFO, "webqq.gateway.troubles"):
        for _ in range(2):
            note_trouble(metrics, trouble, call="poll2", account=None, address="192.0.2.1", bytes=5)
    assert "poll2 of - from 192.0.2.1" in caplog.text
    expected = {"event": trouble.value, "call": "poll2", "account": None, "address": "192.0.2.1", "bytes": 5}
    assert events_of(caplog) == [expected] * 2
    assert f'troubles_total{{event="{trouble.value}"}} 2' in "".join(
        f'{each.name[14:]}{{{labels[0][0]}="{labels[0][1]}"}} {value}'
        for each in metrics.families()
        for _, labels, value in each.samples
    )


def test_poll_whose_client_leaves_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, _ = await pair(gateway)
            line = await Line.open(gateway.url)
            await begin_held(gateway, bot, line)
            line.reset()
            await until(lambda: counts(gateway) == {"poll_left": 1})

    with caplog.at_level(logging.INFO, "webqq.gateway.troubles"):
        asyncio.run(main())
    assert events_of(caplog) == [
        {"event": "poll_left", "call": "poll2", "account": BOT, "address": "127.0.0.1"},
    ]


async def begin_large(gateway: Gateway) -> Line:
    """Ask for a file that is more than the kernel takes for a client that reads nothing."""
    parts = gateway._running()
    kept = await parts.media.keep(BOT, "/large", "large", ANY_FILE, bytes(SIZE))
    assert kept is not None
    frozen = await Line.open(gateway.url)
    frozen.reader._transport.pause_reading()  # type: ignore[attr-defined]  # what a stopped process does
    target = f"/large?rkey={make_rkey(parts.sessions.sign, BOT, kept.id)}"
    await frozen.send("GET", target, {"Host": urlsplit(gateway.url).netloc})
    return frozen


def test_client_that_takes_nothing_in_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            frozen = await begin_large(gateway)
            await until(lambda: counts(gateway) == {"client_stalled": 1})
            frozen.reset()

    # It has had its time already.
    monkeypatch.setattr(serving, "WRITE_SECONDS", -1e9)
    asyncio.run(main())


def test_connection_that_breaks_before_its_answer_is_written_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            frozen = await begin_large(gateway)
            await until(lambda: is_answering(gateway))
            frozen.reset()
            await until(lambda: counts(gateway) == {"answer_broken": 1})

    asyncio.run(main())


def test_slow_client_is_told_and_gets_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            slow = await begin_large(gateway)
            await until(lambda: is_answering(gateway))
            slow.reader._transport.resume_reading()  # type: ignore[attr-defined]  # as above
            assert (await slow.receive()).body == bytes(SIZE)
            await until(lambda: counts(gateway) == {"client_slow": 1})
            slow.close()

    monkeypatch.setattr(serving, "SLOW_SECONDS", -1.0)
    asyncio.run(main())


def is_answering(gateway: Gateway) -> bool:
    """Whether the call was counted, which is right before its answer is written."""
    return 'call="get_offline_file"' in serialize_metrics(gateway._running().metrics.families())


def test_request_that_is_turned_away_is_counted(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, _ = await pair(gateway)
            foreign = {"Sec-Fetch-Site": "cross-site"}
            answer = await bot.call("GET", bot.dynamic, "/channel/get_online_buddies2", headers=foreign)
            assert (answer.status, counts(gateway)) == (403, {"request_refused": 1})

    asyncio.run(main())
