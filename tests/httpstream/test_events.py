"""An event source over a stream that answers what a test prepared: connecting, again, and giving up."""

import asyncio
from collections.abc import AsyncIterator
from email.message import Message
from typing import Any
from urllib.request import Request

import pytest

from webqq.httpstream import ConnectError, ConnectionLost, InvalidRequest, ResponseTooLarge, StreamClosed, TLSError
from webqq.httpstream.events import JITTER, LEAST_DELAY, MOST_RETRY, EventSource, NotAnEventStream, SourceState
from webqq.httpstream.sse import ServerSentEvent
from webqq.testing import FakeIOLoop

URL = "http://events.example/stream?token=secret"

Answer = Any  # an Answering, or what is raised


class Answering:
    """A streamed response: its chunks come ``every`` seconds, then it ends, breaks or stays open."""

    def __init__(
        self,
        *chunks: bytes | Exception | None,
        status: int = 200,
        kind: str | None = "text/event-stream",
        every: float = 0.0,
    ) -> None:
        self.status = status
        self.headers = Message()
        if kind is not None:
            self.headers["Content-Type"] = kind
        self.is_closed = False
        self._chunks = iter(chunks)
        self._every = every
        self._ended: asyncio.Future[None] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await asyncio.sleep(self._every)
        chunk = next(self._chunks, b"")
        if chunk is None:
            self._ended = asyncio.get_running_loop().create_future()
            await self._ended
        if isinstance(chunk, Exception):
            raise chunk
        if not chunk:
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        self.is_closed = True
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)


class FakeStream:
    """A stream that gives the prepared answers, one for each fetch, and remembers what it was asked."""

    def __init__(self, loop: FakeIOLoop, *answers: Answer, takes: float = 0.0) -> None:
        self.requests: list[Request] = []
        self.options: list[dict[str, Any]] = []
        self.times: list[float] = []
        self._loop = loop
        self._answers = iter(answers)
        self._takes = takes

    async def fetch(self, request: Request, **options: Any) -> Any:
        self.requests.append(request)
        self.options.append(options)
        self.times.append(self._loop.time())
        await asyncio.sleep(self._takes)
        answer = next(self._answers, None) or Answering(status=204)
        if isinstance(answer, Exception):
            raise answer
        return answer


def source_of(stream: FakeStream, **options: Any) -> EventSource:
    return EventSource(stream, Request(URL), **{"chance": lambda: 0.0, **options})


async def all_of(source: EventSource) -> list[ServerSentEvent]:
    return [event async for event in source]


def data_of(loop: FakeIOLoop, source: EventSource) -> list[str]:
    return [event.data for event in loop.run(all_of(source))]


# Events.


def test_events_come_one_by_one_and_end_with_204(loop):
    stream = FakeStream(loop, Answering(b"data: a\n\nevent: x\nid: 1\ndata: b\n", b"\ndata: c\n\n"))
    source = source_of(stream)
    events = loop.run(all_of(source))
    assert events == [
        ServerSentEvent("message", "a", ""),
        ServerSentEvent("x", "b", "1"),
        ServerSentEvent("message", "c", "1"),
    ]
    assert (source.received, source.connections, source.state) == (3, 1, SourceState.CLOSED)


def test_half_an_event_at_the_end_of_a_connection_is_none(loop):
    assert data_of(loop, source_of(FakeStream(loop, Answering(b"data: a\n\ndata: b"), Answering(b"\n\n")))) == ["a"]


@pytest.mark.parametrize(
    "kind", ["text/event-stream", "Text/Event-Stream; charset=windows-1252", "text/event-stream ;x"]
)
def test_type_of_the_answer_may_have_parameters(loop, kind):
    assert data_of(loop, source_of(FakeStream(loop, Answering("data: …\n\n".encode(), kind=kind)))) == ["…"]


# The request.


def test_request_asks_for_an_event_stream_past_all_caches(loop):
    stream = FakeStream(loop)
    data_of(loop, source_of(stream))
    assert dict(stream.requests[0].header_items()) == {"Accept": "text/event-stream", "Cache-control": "no-store"}
    assert stream.options[0]["stream"] is True


def test_own_headers_of_the_request_win_and_it_is_not_written_to(loop):
    request = Request(URL, b"query", {"Accept": "text/event-stream, */*", "X-Token": "t"}, method="PUT")
    request.add_unredirected_header("X-Once", "o")
    stream = FakeStream(loop)
    loop.run(all_of(EventSource(stream, request, last_event_id="5")))
    asked = stream.requests[0]
    assert dict(asked.header_items()) == {
        "Accept": "text/event-stream, */*",
        "Cache-control": "no-store",
        "X-token": "t",
        "X-once": "o",
        "Last-event-id": "5",
    }
    assert (asked.get_method(), asked.data) == ("PUT", b"query")
    assert dict(request.headers) == {"Accept": "text/event-stream, */*", "X-token": "t"}


def test_open_stream_may_be_silent_and_long_unless_the_caller_says_otherwise(loop):
    stream = FakeStream(loop)
    data_of(loop, source_of(stream))
    timeout = stream.options[0]["timeout"]
    assert (timeout.between_bytes, timeout.total) == (None, None)
    assert stream.options[0]["max_body"] is None
    other = FakeStream(loop)
    data_of(loop, source_of(other, timeout=5, lane="events"))
    assert other.options == [{"timeout": 5, "lane": "events", "max_body": None, "stream": True}]


def test_id_of_the_last_event_goes_with_the_next_request(loop):
    stream = FakeStream(loop, Answering(b"id: 7\ndata: a\n\n"), Answering(b"data: b\n\n"), Answering(b"id\n\n"))
    source = source_of(stream)
    assert [event.id for event in loop.run(all_of(source))] == ["7", "7"]
    assert [request.get_header("Last-event-id") for request in stream.requests] == [None, "7", "7", None]


def test_id_without_an_event_counts_too(loop):
    stream = FakeStream(loop, Answering(b"id: 7\n\n"))
    data_of(loop, source_of(stream))
    assert stream.requests[1].get_header("Last-event-id") == "7"


def test_id_that_was_not_ended_does_not_count(loop):
    stream = FakeStream(loop, Answering(b"id: 7\ndata: a\n\nid: 8\ndata: b\n"))
    data_of(loop, source_of(stream))
    assert stream.requests[1].get_header("Last-event-id") == "7"


def test_id_is_of_the_event_that_was_handed_over(loop):
    async def first() -> str:
        source = source_of(FakeStream(loop, Answering(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n")))
        await anext(source)
        return source.last_event_id

    assert loop.run(first()) == "1"


@pytest.mark.parametrize(
    ("kept", "sent"), [("春", "春".encode().decode("latin-1")), ("a\x01", None), ("a\x7f", None), ("", None)]
)
def test_id_goes_out_as_utf_8_and_not_at_all_where_no_header_can_hold_it(loop, kept, sent):
    stream = FakeStream(loop)
    data_of(loop, source_of(stream, last_event_id=kept))
    assert stream.requests[0].get_header("Last-event-id") == sent


# Again.


def test_stream_that_ends_is_asked_again_after_three_seconds(loop):
    stream = FakeStream(loop, Answering(b"data: a\n\n"), Answering(b"data: b\n\n"))
    assert data_of(loop, source_of(stream)) == ["a", "b"]
    assert stream.times == [0.0, 3.0, 6.0]


@pytest.mark.parametrize("error", [ConnectionLost("cut"), ConnectError("refused")])
def test_transient_errors_are_tried_again(loop, error):
    stream = FakeStream(loop, error, Answering(b"data: a\n\n", error), Answering(b"data: b\n\n"))
    source = source_of(stream)
    assert data_of(loop, source) == ["a", "b"]
    assert stream.times == [0.0, 3.0, 6.0, 9.0]
    assert source.connections == 2


@pytest.mark.parametrize("fruitless", [ConnectError("refused"), Answering()])
def test_delay_doubles_while_nothing_comes_up_to_its_bound(loop, fruitless):
    stream = FakeStream(loop, *[fruitless] * 7)
    data_of(loop, source_of(stream, max_delay=20.0))
    waits = [after - before for before, after in zip(stream.times, stream.times[1:], strict=False)]
    assert waits == [3.0, 6.0, 12.0, 20.0, 20.0, 20.0, 20.0]


def test_first_byte_ends_the_growth(loop):
    down = ConnectError("refused")
    stream = FakeStream(loop, down, down, Answering(b":\n"), down, down)
    data_of(loop, source_of(stream))
    assert stream.times == [0.0, 3.0, 9.0, 12.0, 15.0, 21.0]


@pytest.mark.parametrize(
    ("field", "wait"),
    [
        (b"retry: 500\n", 0.5),
        (b"retry: 90000\n", 90.0),
        (b"retry: 0\n", LEAST_DELAY),
        (b"retry: " + b"9" * 400 + b"\n", MOST_RETRY),
        (b"retry: x\n", 3.0),
    ],
)
def test_server_says_how_long_it_wants_to_be_left_alone(loop, field, wait):
    stream = FakeStream(loop, Answering(field), Answering(b":\n"))
    data_of(loop, source_of(stream, max_delay=20.0))
    assert stream.times == pytest.approx([0.0, wait, 2 * wait])


def test_chance_adds_and_never_takes(loop):
    stream = FakeStream(loop, Answering(b":\n"))
    data_of(loop, source_of(stream, retry=4.0, chance=lambda: 1.0))
    assert stream.times == [0.0, 4.0 * (1 + JITTER)]


@pytest.mark.parametrize("retry", [-1.0, float("inf"), float("nan")])
def test_retry_must_be_a_time(loop, retry):
    with pytest.raises(ValueError, match="retry must be"):
        source_of(FakeStream(loop), retry=retry)


# What ends it.


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, "text/event-stream"),
        (500, "text/event-stream"),
        (301, "text/event-stream"),
        (200, "text/html"),
        (200, None),
        (200, "text/event-streams"),
    ],
)
def test_answer_that_is_no_event_stream_is_an_error(loop, status, kind):
    answer = Answering(b"data: x\n\n", status=status, kind=kind)
    stream = FakeStream(loop, answer)
    source = source_of(stream)
    with pytest.raises(NotAnEventStream) as caught:
        loop.run(all_of(source))
    assert (caught.value.status, caught.value.content_type) == (status, kind or "")
    assert str(status) in str(caught.value)
    assert (answer.is_closed, source.state, len(stream.requests)) == (True, SourceState.CLOSED, 1)
    assert data_of(loop, source) == []


@pytest.mark.parametrize("error", [TLSError("no trust"), InvalidRequest("no"), StreamClosed("closed")])
def test_lasting_errors_are_raised_and_close_the_source(loop, error):
    for answers in ([error], [Answering(b"data: a\n\n", error)]):
        stream = FakeStream(loop, *answers)
        source = source_of(stream)
        with pytest.raises(type(error)):
            loop.run(all_of(source))
        assert (source.state, len(stream.requests)) == (SourceState.CLOSED, 1)


def test_event_above_the_limit_is_an_error(loop):
    answer = Answering(b"data: " + b"x" * 100)
    with pytest.raises(ResponseTooLarge):
        loop.run(all_of(source_of(FakeStream(loop, answer), limit=50)))
    assert answer.is_closed


def test_204_closes_the_answer(loop):
    answer = Answering(status=204)
    assert data_of(loop, source_of(FakeStream(loop, answer))) == []
    assert answer.is_closed


# Closing.


def closes_after(loop: FakeIOLoop, source: EventSource, seconds: float) -> list[ServerSentEvent]:
    loop.call_later(seconds, source.close)
    return loop.run(all_of(source))


def test_close_ends_a_wait_for_events(loop):
    answer = Answering(b"data: a\n\n", None)
    source = source_of(FakeStream(loop, answer))
    assert [event.data for event in closes_after(loop, source, 5.0)] == ["a"]
    assert loop.time() == 5.0
    assert answer.is_closed


def test_close_ends_a_wait_between_connections(loop):
    stream = FakeStream(loop, Answering(b"data: a\n\n"))
    closes_after(loop, source_of(stream, retry=30.0), 5.0)
    assert loop.time() == 5.0
    assert len(stream.requests) == 1


def test_close_ends_a_wait_for_an_answer(loop):
    source = source_of(FakeStream(loop, takes=100.0))
    assert closes_after(loop, source, 5.0) == []
    assert loop.time() == 5.0


def test_close_while_an_answer_arrives_gives_it_back(loop):
    answer = Answering(b"data: a\n\n")

    async def run() -> list[ServerSentEvent]:
        stream = FakeStream(loop)
        arrived: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        stream.fetch = lambda request, **options: arrived  # type: ignore[method-assign,assignment]  # a fetch that ends when told
        source = source_of(stream)
        task = asyncio.ensure_future(all_of(source))
        await asyncio.sleep(1)
        arrived.set_result(answer)
        source.close()
        return await task

    assert loop.run(run()) == []
    assert answer.is_closed


def test_close_while_an_error_arrives_is_the_end_and_no_error(loop):
    class Breaking(Answering):
        def close(self) -> None:
            self.is_closed = True
            assert self._ended is not None
            self._ended.set_exception(StreamClosed("closed"))

    source = source_of(FakeStream(loop, Breaking(None)))
    assert closes_after(loop, source, 5.0) == []


def test_close_between_two_events_ends_the_iteration(loop):
    async def run() -> list[str]:
        seen = []
        async with source_of(FakeStream(loop, Answering(b"data: a\n\ndata: b\n\n"))) as source:
            async for event in source:
                seen.append(event.data)
                source.close()
                source.close()
        return seen

    assert loop.run(run()) == ["a"]


def test_leaving_the_context_closes(loop):
    answer = Answering(b"data: a\n\n", None)

    async def run() -> EventSource:
        async with source_of(FakeStream(loop, answer)) as source:
            await anext(source)
            assert source.state is SourceState.OPEN
        return source

    assert loop.run(run()).state is SourceState.CLOSED
    assert answer.is_closed


@pytest.mark.parametrize("when", [0.5, 1.5, 4.0])
def test_cancelled_task_may_go_on(loop, when):
    """In the wait for an answer, for a chunk and between connections."""
    stream = FakeStream(loop, Answering(b"data: a\n\n", every=1.0), Answering(b"data: b\n\n"), takes=1.0)

    async def run() -> list[str]:
        source = source_of(stream)
        seen: list[str] = []

        async def collect() -> None:
            async for event in source:
                seen.append(event.data)

        task = asyncio.ensure_future(collect())
        await asyncio.sleep(when)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await collect()
        return seen

    seen = loop.run(run())
    assert seen[-1] == "b"


def test_cancelled_task_is_cancelled_even_while_the_source_is_closed(loop):
    async def run() -> None:
        source = source_of(FakeStream(loop, takes=100.0))
        task = asyncio.ensure_future(all_of(source))
        await asyncio.sleep(1)
        task.cancel()
        source.close()
        with pytest.raises(asyncio.CancelledError):
            await task

    loop.run(run())


def test_second_reader_is_a_mistake(loop):
    async def run() -> None:
        source = source_of(FakeStream(loop, Answering(None)))
        task = asyncio.ensure_future(all_of(source))
        await asyncio.sleep(1)
        with pytest.raises(RuntimeError, match="another task"):
            await anext(source)
        source.close()
        assert await task == []

    loop.run(run())


# Looking at it.


def test_state_can_be_looked_at_and_shows_no_secret(loop):
    stream = FakeStream(loop, Answering(b"data: a\n\n", every=1.0), Answering(None), takes=1.0)
    source = source_of(stream)
    states = []

    async def look() -> None:
        task = asyncio.ensure_future(all_of(source))
        for pause in (0.5, 1.0, 2.0, 3.0, 1.0):
            await asyncio.sleep(pause)
            states.append(repr(source))
        source.close()
        await task

    loop.run(look())
    assert states == [
        "<EventSource events.example CONNECTING, 0 connections, 0 events>",
        "<EventSource events.example OPEN, 1 connections, 0 events>",
        "<EventSource events.example WAITING, 1 connections, 1 events>",
        "<EventSource events.example CONNECTING, 1 connections, 1 events>",
        "<EventSource events.example OPEN, 2 connections, 1 events>",
    ]
    assert "secret" not in repr(source)
