"""What may be the body of a request: told apart, read in pieces, framed; forms as servers read them."""

import array
import asyncio
import email
import email.policy
import gzip
import io
import json
import mmap
import os
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPFile, parse_multipart_form_data

from webqq.httpstream.body import JSON, LAST_CHUNK, PIECE_SIZE, Body, File, Form, body_of, chunk, chunked
from webqq.httpstream.errors import BodyError, InvalidRequest


def body(data: object) -> Any:
    found = body_of(data)
    assert isinstance(found, Body)
    return found


def read(data: object) -> bytes:
    """The whole body, which has as many bytes as it said, in pieces of which none is empty."""
    source: Any = data if isinstance(data, Body) else body(data)
    pieces = list(source.pieces())
    assert all(type(piece) is bytes and piece for piece in pieces)
    whole = b"".join(pieces)
    assert source.length in (None, len(whole))
    return whole


# What is taken as it is.


def test_no_data_is_no_body() -> None:
    assert body_of(None) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"abc",
        bytearray(b"abc"),
        memoryview(b"xabcx")[1:4],
        memoryview(b"a-b-c")[::2],
        array.array("b", [97, 98, 99]),
    ],
)
def test_bytes_are_the_body_themselves(data: Any) -> None:
    assert body_of(data) == (b"abc" if data else b"")
    assert type(body_of(data)) is bytes


@pytest.mark.parametrize("data", ["text", 5, 1.5, object(), {"a": "b"}, OrderedDict(), True, bytes, Form])
def test_data_of_another_type_are_refused_by_name(data: Any) -> None:
    with pytest.raises(InvalidRequest, match=f"not {type(data).__name__}"):
        body_of(data)


def test_whatever_has_the_four_parts_is_a_body() -> None:
    class Own:
        length = 3
        content_type = None
        can_rewind = False

        def pieces(self) -> Iterator[bytes]:
            yield b"abc"

    own = Own()
    assert body_of(own) is own


# JSON.


@pytest.mark.parametrize("value", [None, [], {"a": [1, 2.5, True, "你好"]}, "\u2028", "\\"])
def test_json_is_read_back(value: Any) -> None:
    found = body(JSON(value))
    assert json.loads(read(found)) == value
    assert read(found) == read(found)
    assert (found.content_type, found.can_rewind) == ("application/json", True)


def test_json_is_short_and_in_utf_8() -> None:
    assert read(JSON({"a": [1, "你"]})) == '{"a":[1,"你"]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), "\ud800", {1, 2}, b"x"])
def test_value_that_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="JSON"):
        JSON(value)


# Iterables.


@pytest.mark.parametrize("kind", [list, tuple])
def test_list_has_a_length_and_can_be_read_again(kind: Callable[[Any], Any]) -> None:
    found = body(kind([b"ab", b"", bytearray(b"c"), memoryview(array.array("H", [0x6464]))]))
    assert (found.length, found.can_rewind, found.content_type) == (5, True, "application/octet-stream")
    assert read(found) == read(found) == b"abcdd"
    assert list(found.pieces()) == [b"ab", b"c", b"dd"]


def test_list_is_taken_as_it_stands() -> None:
    data = [b"a"]
    found = body(data)
    data.append(b"b")
    assert read(found) == b"a"


@pytest.mark.parametrize("data", [["a"], [b"a", 5], (None,), [[b"a"]]])
def test_list_of_anything_but_bytes_is_refused_at_once(data: Any) -> None:
    with pytest.raises(InvalidRequest, match="data must hold bytes, not "):
        body_of(data)


@pytest.mark.parametrize(("grown", "said"), [(b"abcd", "more than the 3"), (b"ab", "ended after 2 of the 3")])
def test_list_that_changes_its_length_is_an_error(grown: bytes, said: str) -> None:
    piece = bytearray(b"abc")
    found = body([piece])
    piece[:] = grown
    with pytest.raises(BodyError, match=said):
        list(found.pieces())


def test_generator_is_read_once_and_its_length_is_not_known() -> None:
    found = body(piece for piece in (b"a", b"", bytearray(b"b")))
    assert (found.length, found.can_rewind) == (None, False)
    assert read(found) == b"ab"
    with pytest.raises(BodyError, match="cannot be read again"):
        found.pieces()


def test_iterable_that_begins_anew_can_be_read_again() -> None:
    class Lines:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a", b"b"])

    found = body(Lines())
    assert (found.length, found.can_rewind) == (None, True)
    assert read(found) == read(found) == b"ab"


def test_piece_that_is_filled_again_is_sent_as_it_was() -> None:
    def refilled() -> Iterator[bytearray]:
        buffer = bytearray(1)
        for number in range(3):
            buffer[0] = number
            yield buffer

    assert list(body(refilled()).pieces()) == [b"\0", b"\1", b"\2"]


@pytest.mark.parametrize("piece", ["text", 5, None, [b"a"]])
def test_piece_that_is_no_bytes_is_an_error(piece: object) -> None:
    pieces = body(iter([b"a", piece])).pieces()
    assert next(pieces) == b"a"
    with pytest.raises(BodyError, match=f"gave {type(piece).__name__}, not bytes"):
        next(pieces)


def test_what_the_iterable_raises_is_kept_as_the_cause() -> None:
    def broken() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError("secret")

    pieces = body(broken()).pieces()
    assert next(pieces) == b"a"
    with pytest.raises(BodyError, match="ZeroDivisionError") as caught:
        next(pieces)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "secret" not in str(caught.value)


def test_iterable_that_cannot_begin_is_an_error() -> None:
    class Broken:
        def __iter__(self) -> Iterator[bytes]:
            raise OSError

    with pytest.raises(BodyError):
        list(body(Broken()).pieces())


def test_generator_is_ended_with_the_reading() -> None:
    ended = []

    def watched() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            ended.append(True)

    pieces = body(watched()).pieces()
    next(pieces)
    assert ended == []
    del pieces
    assert ended == [True]


# Asynchronous iterables.


async def gather(found: Any) -> list[bytes]:
    return [piece async for piece in found.pieces()]


def test_asynchronous_generator_is_read_once() -> None:
    async def lines() -> AsyncIterator[Any]:
        for piece in (b"a", b"", bytearray(b"b")):
            await asyncio.sleep(0)
            yield piece

    found = body(lines())
    assert (found.length, found.can_rewind, found.content_type) == (None, False, "application/octet-stream")
    assert asyncio.run(gather(found)) == [b"a", b"b"]
    with pytest.raises(BodyError, match="cannot be read again"):
        found.pieces()


class Counted:
    """An asynchronous iterable, and an iterator without ``aclose``."""

    def __init__(self, *pieces: Any) -> None:
        self._pieces = pieces

    def __aiter__(self) -> Any:
        return _CountedIterator(iter(self._pieces))


class _CountedIterator:
    def __init__(self, pieces: Iterator[Any]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            return piece
        raise StopAsyncIteration


def test_asynchronous_iterable_that_begins_anew_can_be_read_again() -> None:
    found = body(Counted(b"a", b"b"))
    assert found.can_rewind
    assert asyncio.run(gather(found)) == asyncio.run(gather(found)) == [b"a", b"b"]
    assert not body(aiter(Counted(b"a"))).can_rewind


@pytest.mark.parametrize(("piece", "said"), [("text", "gave str"), (ZeroDivisionError(), "ZeroDivisionError")])
def test_asynchronous_iterable_that_fails_is_an_error(piece: Any, said: str) -> None:
    with pytest.raises(BodyError, match=said):
        asyncio.run(gather(body(Counted(b"a", piece))))


def test_asynchronous_generator_is_ended_with_the_reading() -> None:
    ended = []

    async def watched() -> AsyncIterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            ended.append(True)

    async def begin() -> None:
        pieces = body(watched()).pieces()
        assert await anext(pieces) == b"a"
        await pieces.aclose()
        assert ended == [True]

    asyncio.run(begin())


# Files.

BIG = os.urandom(PIECE_SIZE * 2 + 5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(BIG)
    return path


def test_open_file_is_sent_from_where_it_stands(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(7)
        found = body(file)
        assert (found.length, found.can_rewind, found.content_type) == (len(BIG) - 7, True, "image/jpeg")
        assert file.tell() == 7
        assert read(found) == read(found) == BIG[7:]
        assert max(map(len, found.pieces())) == PIECE_SIZE
        assert not file.closed


@pytest.mark.parametrize("at", [0, 3, 6, 99])
def test_file_in_memory_is_sent_from_where_it_stands(at: int) -> None:
    file = io.BytesIO(b"abcdef")
    file.seek(at)
    found = body(file)
    assert found.length == max(0, 6 - at)
    assert read(found) == b"abcdef"[at:]


def test_length_of_a_compressed_file_is_that_of_what_is_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "log.gz", "wb") as file:
        file.write(BIG)
    with gzip.open(tmp_path / "log.gz") as file:
        found = body(file)
        assert found.length == len(BIG)
        assert read(found) == BIG


def test_mapped_file_is_a_file(path: Path) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        mapped.seek(9)
        found = body(mapped)
        assert (found.length, found.content_type) == (len(BIG) - 9, "application/octet-stream")
        assert read(found) == read(found) == BIG[9:]


def test_path_is_opened_when_it_is_sent_and_closed_after(path: Path) -> None:
    for source in (path, str(path)):
        found = File(source)
        assert (found.length, found.name, found.content_type) == (len(BIG), "photo.jpg", "image/jpeg")
        assert found.can_rewind
        assert read(found) == read(found) == BIG
    assert body_of(found) is found
    pieces = found.pieces()
    next(pieces)
    # Left half-way; an open file would warn.
    del pieces


def test_pipe_is_sent_once_and_its_length_is_not_known() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as file:
        with os.fdopen(writing, "wb") as end:
            end.write(b"abc")
        found = body(file)
        assert (found.length, found.can_rewind) == (None, False)
        assert read(found) == b"abc"
        with pytest.raises(BodyError, match="cannot be read again"):
            found.pieces()


class Readable:
    """Has a ``read`` and nothing else."""

    def __init__(self, *pieces: Any) -> None:
        self._pieces = iter(pieces)

    def read(self, size: int) -> Any:
        piece = next(self._pieces, b"")
        if isinstance(piece, Exception):
            raise piece
        return piece


def test_anything_with_a_read_is_a_file() -> None:
    found = body(Readable(b"a", bytearray(b"bc"), b""))
    assert (found.length, found.can_rewind) == (None, False)
    assert read(found) == b"abc"


def test_file_that_cannot_seek_has_no_length() -> None:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

    assert body(Unseekable(b"abc")).length is None
    assert read(Unseekable(b"abc")) == b"abc"


@pytest.mark.parametrize(
    ("piece", "said"),
    [("text", "gave str"), ("", "gave str"), (None, "gave NoneType"), (OSError(5, "secret"), "OSError")],
)
def test_read_that_fails_is_an_error(piece: Any, said: str) -> None:
    with pytest.raises(BodyError, match=said) as caught:
        list(body(Readable(b"a", piece)).pieces())
    assert "secret" not in str(caught.value)


def test_file_that_grew_is_sent_as_long_as_it_was(path: Path) -> None:
    found = File(path)
    path.write_bytes(BIG + b"more")
    assert read(found) == BIG


def test_file_that_shrank_is_an_error(path: Path) -> None:
    found = File(path)
    path.write_bytes(b"less")
    with pytest.raises(BodyError, match=f"after 4 of the {len(BIG)} bytes"):
        list(found.pieces())


def test_read_that_gives_more_than_was_asked_for_is_an_error() -> None:
    class Generous(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read() + b"more"

    with pytest.raises(BodyError, match="more than the 3 bytes"):
        list(body(Generous(b"abc")).pieces())


def test_file_that_is_gone_is_an_error(path: Path) -> None:
    found = File(path)
    path.unlink()
    with pytest.raises(BodyError, match="FileNotFoundError"):
        list(found.pieces())


def test_path_that_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for source, said in (
        ("absent", "No such file"),
        (".", "no regular file"),
        ("fifo", "no regular file"),
        ("\0", "null"),
    ):
        with pytest.raises(InvalidRequest, match=said):
            File(os.path.join(tmp_path, source))


def test_file_that_is_text_or_closed_or_asynchronous_is_refused(path: Path) -> None:
    class Asynchronous:
        async def read(self, size: int) -> bytes:
            return b""

    closed = io.BytesIO()
    closed.close()
    with path.open("r") as text, tempfile.NamedTemporaryFile("w+") as named:
        for data, said in (
            *((text, "not TextIOWrapper"), (io.StringIO("a"), "not StringIO"), (named, "a binary file")),
            *((closed, "closed"), (Asynchronous(), "not Asynchronous"), (File, "not type")),
        ):
            with pytest.raises(InvalidRequest, match=said):
                body_of(data) if data is not File else File(data)


def test_type_of_a_file_may_be_told() -> None:
    assert File(io.BytesIO(), "audio/amr; rate=8000").content_type == "audio/amr; rate=8000"


@pytest.mark.parametrize("bad", ["", "text", "a/b\r\nX: y", "a/b; c=\0", "a /b", "a/b, c", "text/你", 5])
def test_type_that_cannot_be_sent_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidRequest, match="content type"):
        File(io.BytesIO(), bad)
    with pytest.raises(InvalidRequest, match="content type"):
        Form().add_file("a", io.BytesIO(), content_type=bad)


# Chunks.


@pytest.mark.parametrize(("piece", "expected"), [(b"a", b"1\r\na\r\n"), (b"x" * 255, b"ff\r\n" + b"x" * 255 + b"\r\n")])
def test_chunk_has_its_length_before_it(piece: bytes, expected: bytes) -> None:
    assert chunk(piece) == expected


def test_empty_chunk_ends_nothing() -> None:
    assert chunk(b"") == b""
    assert b"".join(chunked([b"", b"a", b""])) == b"1\r\na\r\n" + LAST_CHUNK
    assert list(chunked([])) == [LAST_CHUNK]


@given(st.lists(st.binary(max_size=40)))
def test_server_reads_the_chunks(pieces: list[bytes]) -> None:
    server = h11.Connection(h11.SERVER)
    server.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(chunked(pieces)))
    assert type(server.next_event()) is h11.Request
    data = b""
    while type(event := server.next_event()) is h11.Data:
        data += event.data
    assert type(event) is h11.EndOfMessage
    assert data == b"".join(pieces)


# Forms.


def by_tornado(form: Form) -> tuple[dict[str, list[bytes]], dict[str, list[HTTPFile]]]:
    fields: dict[str, list[bytes]] = {}
    files: dict[str, list[HTTPFile]] = {}
    parse_multipart_form_data(form.content_type.partition("boundary=")[2].encode(), read(form), fields, files)
    return fields, files


def by_email(form: Form) -> list[tuple[str, str | None, bytes]]:
    """Name, file name and content of each part."""
    policy = email.policy.HTTP.clone(refold_source="none")
    head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + read(form), EmailMessage, policy=policy)
    assert message.get_content_type() == "multipart/form-data"
    assert message.defects == []
    parts = []
    for part in message.iter_parts():
        options = part["Content-Disposition"].params
        assert set(part.keys()) <= {"Content-Disposition", "Content-Type"}
        assert set(options) <= {"name", "filename"}
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        parts.append((options["name"], options.get("filename"), content))
    return parts


def test_fields_are_read_by_others() -> None:
    given: dict[str, str | bytes] = {"a": "1", "text": "你好\r\n", "raw": b"\0\xff", "empty": ""}
    form = Form(given)
    form.add("a", "2")
    pairs = [("a", b"1"), ("text", "你好\r\n".encode()), ("raw", b"\0\xff"), ("empty", b""), ("a", b"2")]
    assert by_email(form) == [(name, None, value) for name, value in pairs]
    assert by_tornado(form)[0]["a"] == [b"1", b"2"]
    assert by_tornado(form)[0]["raw"] == [b"\0\xff"]
    assert (form.can_rewind, body_of(form)) == (True, form)
    assert len(list(form.pieces())) == 1


def test_fields_may_be_pairs() -> None:
    assert by_tornado(Form([("a", "1"), ("a", "2")]))[0] == {"a": [b"1", b"2"]}


def test_files_are_read_by_others(path: Path) -> None:
    form = Form({"retype": "1"})
    form.add_file("photo", path)
    form.add_file("two", str(path), filename="二.png")
    form.add_file("three", io.BytesIO(b"abc"))
    form.add_file("four", File(io.BytesIO(b"d")), "x.tar.gz", "audio/amr")
    form.add("after", "2")
    fields, files = by_tornado(form)
    assert fields == {"retype": [b"1"], "after": [b"2"]}
    found = [(name, file["filename"], file["content_type"], file["body"]) for name, [file] in files.items()]
    assert found == [
        ("photo", "photo.jpg", "image/jpeg", BIG),
        ("two", "二.png", "image/png", BIG),
        ("three", "file", "application/octet-stream", b"abc"),
        ("four", "x.tar.gz", "audio/amr", b"d"),
    ]
    assert [content for _, _, content in by_email(form)] == [b"1", BIG, BIG, b"abc", b"d", b"2"]
    assert form.can_rewind


def test_file_is_streamed(path: Path) -> None:
    form = Form()
    form.add_file("photo", path)
    assert max(map(len, form.pieces())) == PIECE_SIZE


def test_open_file_names_itself(path: Path) -> None:
    with path.open("rb") as file:
        form = Form()
        form.add_file("photo", file)
        assert by_tornado(form)[1]["photo"][0]["filename"] == "photo.jpg"
    for name in ("<stdin>", 5, ""):
        odd: Any = Readable()
        odd.name = name
        assert File(odd).name == "file"


@pytest.mark.parametrize("name", ["log.tar.gz", "log", "log.unheard-of"])
def test_type_of_a_file_that_tells_none_is_unknown(name: str) -> None:
    form = Form()
    form.add_file("a", io.BytesIO(), name)
    assert by_tornado(form)[1]["a"][0]["content_type"] == "application/octet-stream"


def test_form_with_a_file_that_cannot_rewind_is_sent_once_and_in_chunks() -> None:
    form = Form()
    form.add_file("a", Readable(b"abc"))  # type: ignore[arg-type]  # as little of a file as may be
    assert (form.length, form.can_rewind) == (None, False)
    assert b"\r\n\r\nabc\r\n--" in read(form)
    with pytest.raises(BodyError, match="cannot be read again"):
        form.pieces()


def test_empty_form_has_no_part() -> None:
    assert read(Form(boundary="x")) == b"--x--\r\n"
    assert by_tornado(Form()) == ({}, {})


def test_form_is_written_as_browsers_write_it() -> None:
    form = Form({"a": "b"}, boundary="x")
    form.add_file("c", io.BytesIO(b"d"), "e.png")
    assert read(form) == (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
        b'--x\r\nContent-Disposition: form-data; name="c"; filename="e.png"\r\nContent-Type: image/png\r\n\r\nd\r\n'
        b"--x--\r\n"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('a"b', b"a%22b"),
        ('"; filename="x', b"%22; filename=%22x"),
        ("a\r\nX: y", b"a%0D%0AX: y"),
        ("a\nb\rc", b"a%0Ab%0Dc"),
        ("你", "你".encode()),
        ("a\\b", b"a\\b"),
        ("a\\", b"a%5C"),
        ("a\\\\", b"a\\%5C"),
        ("%22", b"%22"),
        ("", b""),
    ],
)
def test_names_are_escaped_as_browsers_do(name: str, written: bytes) -> None:
    form = Form({name: "v"})
    form.add_file(name, io.BytesIO(), name)
    raw = read(form)
    assert raw.count(b'; name="' + written + b'"\r\n\r\n') == 1
    assert raw.count(b'; name="' + written + b'"; filename="' + written + b'"\r\n') == 1


@pytest.mark.parametrize("bad", ["a\0", "\x1f", "\x7f", "\x0b", "\ud800", 5, None, b"a"])
def test_name_that_cannot_be_sent_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidRequest, match="name"):
        Form().add(bad, "v")
    with pytest.raises(InvalidRequest, match="name"):
        Form().add_file(bad, io.BytesIO())
    if bad is not None:
        with pytest.raises(InvalidRequest, match="name"):
            Form().add_file("a", io.BytesIO(), bad)


@pytest.mark.parametrize("bad", [5, None, ["a"], "\ud800"])
def test_value_that_cannot_be_sent_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidRequest, match="value of field 'a'"):
        Form({"a": bad})


def test_value_that_holds_the_boundary_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="boundary"):
        Form({"a": "1\r\n--x\r\n"}, boundary="x")


@pytest.mark.parametrize("bad", ["", "a b", 'a"', "a\r\n", "x" * 71, "a;b", "你"])
def test_boundary_that_a_header_cannot_hold_is_refused(bad: str) -> None:
    with pytest.raises(InvalidRequest, match="boundary"):
        Form(boundary=bad)


def test_boundary_is_another_for_each_form() -> None:
    assert len({Form().content_type for _ in range(20)}) == 20


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
parts = st.tuples(texts, texts | st.binary(max_size=12), st.none() | texts)


@given(st.lists(parts, max_size=4))
def test_whatever_is_given_each_part_is_read_as_one_with_its_content(given_parts: list[Any]) -> None:
    form = Form()
    expected = []
    for name, value, filename in given_parts:
        content = value.encode() if isinstance(value, str) else value
        try:
            if filename is None:
                form.add(name, value)
            else:
                form.add_file(name, io.BytesIO(content), filename)
        except InvalidRequest:
            assert any(character < " " or character == "\x7f" for character in name + (filename or ""))
            continue
        expected.append(content)
    delimiter = b"--" + form.content_type.partition("=")[2].encode()
    sections = (b"\r\n" + read(form)).split(b"\r\n" + delimiter)
    assert (sections[0], sections[-1]) == (b"", b"--\r\n")
    assert [section.partition(b"\r\n\r\n")[2] for section in sections[1:-1]] == expected
    heads = [section.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:] for section in sections[1:-1]]
    for head in heads:
        assert len(head) <= 2
        assert head[0].count(b'"') in (2, 4)
