"""A body on its way to the wire, without a wire."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import BodyError
from webqq.httpstream.body import Body, body_of
from webqq.httpstream.upload import Upload, with_body
from webqq.testing import FakeIOLoop


class Told:
    """A body that says a length, which may be wrong."""

    content_type = None
    can_rewind = False

    def __init__(self, length: int | None, pieces: Iterable[bytes]) -> None:
        self.length = length
        self._pieces = pieces

    def pieces(self) -> Iterator[bytes]:
        return iter(self._pieces)


def made(data: object) -> Body:
    body = body_of(data)
    assert body is not None
    assert not isinstance(body, bytes)
    return body


def all_of(upload: Upload) -> list[bytes]:
    taken = []
    while piece := upload.take():
        taken.append(piece)
    return taken


def test_pieces_of_known_length_go_out_as_they_are() -> None:
    upload = Upload(made([b"one", b"", b"two"]), mock.Mock())
    assert not upload.has_begun
    assert all_of(upload) == [b"one", b"two"]
    assert upload.has_begun
    assert upload.take() == b""


def test_pieces_of_unknown_length_go_out_in_chunks() -> None:
    upload = Upload(made(piece for piece in (b"one", b"", b"three")), mock.Mock())
    assert b"".join(all_of(upload)) == b"3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"


def test_empty_body_of_unknown_length_is_its_last_chunk() -> None:
    assert all_of(Upload(made(iter(())), mock.Mock())) == [b"0\r\n\r\n"]


@pytest.mark.parametrize(("length", "text"), [(4, "1 bytes before the length"), (2, "beyond the length")])
def test_body_of_another_length_than_it_said_is_an_error(length: int, text: str) -> None:
    with pytest.raises(BodyError, match=text):
        all_of(Upload(Told(length, [b"abc"]), mock.Mock()))


@pytest.mark.parametrize("error", [KeyError("x"), BodyError("gone")])
def test_what_the_body_raises_is_a_body_error_with_its_cause(error: Exception) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise error

    upload = Upload(Told(None, pieces()), mock.Mock())
    assert upload.take() == b"3\r\none\r\n"
    with pytest.raises(BodyError) as caught:
        upload.take()
    assert error in (caught.value, caught.value.__cause__)


def test_awaited_pieces_are_told_of_when_they_are_there(loop: FakeIOLoop) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(5)
        yield b""
        yield b"two"

    async def use() -> list[Any]:
        there = asyncio.Event()
        upload = Upload(made(pieces()), there.set)
        seen: list[Any] = []
        while True:
            piece = upload.take()
            seen.append(piece)
            if piece is None:
                await there.wait()
                there.clear()
            elif piece in (b"", b"0\r\n\r\n"):
                return seen

    chunks = [b"3\r\none\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"]
    assert loop.run(use()) == [None, chunks[0], None, chunks[1], None, chunks[2]]
    assert loop.time() == 5


def test_asking_twice_awaits_once(loop: FakeIOLoop) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"

    ready = mock.Mock()

    async def use() -> bytes | None:
        upload = Upload(made(pieces()), ready)
        assert upload.take() is None
        assert upload.take() is None
        await asyncio.sleep(1)
        return upload.take()

    assert loop.run(use()) == b"3\r\none\r\n"
    ready.assert_called_once_with()


@pytest.mark.parametrize("error", [KeyError("x"), asyncio.CancelledError()], ids=repr)
def test_what_an_awaited_piece_raises_is_a_body_error(loop: FakeIOLoop, error: BaseException) -> None:
    """A cancelled task within the body too: nobody would ever give the next piece."""

    async def pieces() -> AsyncIterator[bytes]:
        await asyncio.sleep(1)
        raise error
        yield b""

    ready = mock.Mock()

    async def use() -> None:
        upload = Upload(made(pieces()), ready)
        upload.take()
        await asyncio.sleep(2)
        ready.assert_called_once_with()
        upload.take()

    with pytest.raises(BodyError):
        loop.run(use())


def test_close_ends_the_generator() -> None:
    ended = mock.Mock()

    def pieces() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            ended()

    upload = Upload(Told(None, pieces()), mock.Mock())
    upload.take()
    upload.close()
    ended.assert_called_once_with()
    assert upload.take() == b""


def test_close_ends_what_is_awaited_and_says_nothing_more(loop: FakeIOLoop) -> None:
    ended, ready = mock.Mock(), mock.Mock()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            await asyncio.sleep(100)
            yield b"one"
        finally:
            ended()

    async def use() -> None:
        upload = Upload(made(pieces()), ready)
        upload.take()
        await asyncio.sleep(1)
        upload.close()
        await asyncio.sleep(1)

    loop.run(use())
    ended.assert_called_once_with()
    ready.assert_not_called()


@pytest.mark.parametrize("is_pulling", [False, True])
def test_close_ends_an_async_generator_that_has_begun(loop: FakeIOLoop, is_pulling: bool) -> None:
    """Also where the loop does not run at that time, and where the next piece was asked for in the same turn."""
    ended = mock.Mock()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            ended()

    async def begin() -> Upload:
        upload = Upload(made(pieces()), mock.Mock())
        upload.take()
        await asyncio.sleep(1)
        assert upload.take() == b"3\r\none\r\n"
        if is_pulling:
            assert upload.take() is None
            upload.close()
        return upload

    upload = loop.run(begin())
    upload.close()
    loop.settle()
    ended.assert_called_once_with()


def test_end_of_an_async_generator_that_fails_is_logged(loop: FakeIOLoop, expect_log: Any) -> None:
    expect_log("webqq.httpstream", "a body's end failed: .*KeyError")

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"one"
        finally:
            raise KeyError("at the end")

    async def use() -> None:
        upload = Upload(made(pieces()), mock.Mock())
        upload.take()
        await asyncio.sleep(1)
        upload.close()
        await asyncio.sleep(1)

    loop.run(use())


def test_async_body_that_has_not_begun_is_left_alone(loop: FakeIOLoop) -> None:
    source = mock.MagicMock(spec=["__aiter__", "__anext__", "aclose"])
    Upload(made(source), mock.Mock()).close()
    loop.settle()
    source.aclose.assert_not_called()


def test_error_after_close_is_nobodys(loop: FakeIOLoop) -> None:
    """Nor does asyncio complain of an exception that was never retrieved."""

    async def pieces() -> AsyncIterator[bytes]:
        try:
            await asyncio.sleep(100)
            yield b"one"
        finally:
            raise KeyError("at the end")

    async def use() -> None:
        upload = Upload(made(pieces()), mock.Mock())
        upload.take()
        await asyncio.sleep(1)
        upload.close()
        await asyncio.sleep(1)

    loop.run(use())


def test_generator_that_fails_at_its_end_is_logged(expect_log: Any) -> None:
    expect_log("webqq.httpstream", "a body's end failed: KeyError")

    def pieces() -> Iterator[bytes]:
        try:
            yield b"one"
        finally:
            raise KeyError("x")

    upload = Upload(Told(None, pieces()), mock.Mock())
    upload.take()
    upload.close()


def test_body_that_closes_its_own_upload_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    def pieces() -> Iterator[bytes]:
        upload.close()
        yield b"one"

    upload = Upload(Told(None, pieces()), mock.Mock())
    upload.take()
    assert upload.take() == b""
    assert not caplog.records


def test_request_gets_the_body_and_the_callers_own_stays() -> None:
    pieces = [b"a"]
    request = Request("http://a/", pieces, {"Content-Length": "1", "X": "y"})
    body = made(pieces)
    copied = with_body(request, body)
    data: object = copied.data
    assert data is body
    assert (request.data, request.get_header("Content-length")) == (pieces, "1")
    assert copied.get_header("X") == "y"
    assert with_body(copied, body) is copied


def test_headers_of_both_kinds_stay_the_callers_own() -> None:
    """Setting a request's data takes its Content-Length away."""
    pieces = [b"a"]
    request = Request("http://a/", pieces)
    request.add_unredirected_header("Content-Length", "1")
    with_body(request, made(pieces))
    assert request.unredirected_hdrs == {"Content-length": "1"}
