"""Where bodies go."""

import asyncio
import os
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from webqq.cli.fetching.ranges import Meaning
from webqq.cli.fetching.results import Outcome
from webqq.cli.fetching.sinks import Binary, Counted, Printed, Saved
from webqq.httpstream import ConnectionLost


def answer(status: int = 200, /, **fields: str) -> Any:
    headers = Message()
    for name, value in fields.items():
        headers[name.replace("_", "-")] = value
    return SimpleNamespace(status=status, reason="Fine", version=11, headers=headers)


def begin(sink: Any, response: Any) -> Meaning:
    meaning: Meaning = asyncio.run(sink.begin(response))
    return meaning


def write(sink: Any, data: bytes) -> None:
    asyncio.run(sink.write(data))


def test_counted_body_begins_anew_with_each_answer() -> None:
    sink = Counted()
    for _ in range(2):
        assert begin(sink, answer(404, Content_Length="5")) is Meaning.ANEW
        write(sink, b"012")
        assert (sink.size, sink.total, sink.can_go_on) == (3, 5, True)
    assert sink.finish() is Outcome.ANSWERED
    sink.close()


@pytest.mark.parametrize("fields", [{}, {"Content_Length": "x"}, {"Content_Length": "5", "Content_Encoding": "gzip"}])
def test_length_that_is_not_that_of_the_body_is_none(fields: dict[str, str]) -> None:
    sink = Counted()
    begin(sink, answer(**fields))
    assert sink.total is None


def test_printed_body_cannot_be_taken_back() -> None:
    reading, writing = os.pipe()
    sink = Printed(writing, with_head=True)
    begin(sink, answer(A="1"))
    assert sink.can_go_on
    write(sink, b"\0body")
    assert not sink.can_go_on
    assert os.read(reading, 100) == b"HTTP/1.1 200 Fine\nA: 1\n\n\0body"
    os.close(reading)
    os.close(writing)


def test_terminal_is_spared_what_is_no_text() -> None:
    main, terminal = os.openpty()
    sink = Printed(terminal)
    with pytest.raises(Binary, match="-o DIR"):
        write(sink, b"\0")
    write(sink, b"text")
    assert os.read(main, 100) == b"text"
    os.close(main)
    os.close(terminal)


def saved(folder: Path, **options: Any) -> Saved:
    return Saved(folder / "file", "http://a/file", **options)


def cut(folder: Path, **fields: str) -> None:
    """A run that ended after half of a file."""
    sink = saved(folder)
    begin(sink, answer(Content_Length="10", **fields))
    write(sink, b"01234")
    sink.close()


def test_file_is_saved_with_the_date_of_its_last_change(tmp_path: Path) -> None:
    sink = saved(tmp_path)
    assert sink.headers() == {}
    assert begin(sink, answer(Last_Modified="Sun, 01 Nov 2026 10:00:00 GMT")) is Meaning.ANEW
    write(sink, b"01234")
    assert (sink.finish(), sink.file, sink.size) == (Outcome.SAVED, "file", 5)
    sink.close()
    assert (tmp_path / "file").stat().st_mtime == 1793527200


def test_file_is_continued_with_the_version_it_began_with(tmp_path: Path) -> None:
    cut(tmp_path, ETag='"a"')
    sink = saved(tmp_path)
    assert sink.headers() == {"Range": "bytes=5-", "If-Range": '"a"'}
    assert begin(sink, answer(206, Content_Range="bytes 5-9/10", Content_Length="5")) is Meaning.APPEND
    assert sink.total == 10
    write(sink, b"56789")
    assert sink.finish() is Outcome.RESUMED
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_another_version_begins_anew(tmp_path: Path) -> None:
    cut(tmp_path, ETag='"a"')
    sink = saved(tmp_path)
    assert begin(sink, answer(ETag='"b"')) is Meaning.ANEW
    write(sink, b"new")
    assert sink.finish() is Outcome.SAVED
    assert (tmp_path / "file").read_bytes() == b"new"


def test_wrong_range_drops_what_is_there(tmp_path: Path) -> None:
    cut(tmp_path, ETag='"a"')
    sink = saved(tmp_path)
    assert begin(sink, answer(206, Content_Range="bytes 0-9/10")) is Meaning.AGAIN
    assert sink.headers() == {}
    sink.close()
    assert list(tmp_path.iterdir()) == []


def test_part_that_was_whole_already_gets_its_name(tmp_path: Path) -> None:
    sink = saved(tmp_path)
    begin(sink, answer(ETag='"a"'))
    write(sink, b"01234")
    sink.close()
    sink = saved(tmp_path)
    assert begin(sink, answer(416, Content_Range="bytes */5")) is Meaning.WHOLE
    assert sink.finish() is Outcome.RESUMED
    assert (tmp_path / "file").read_bytes() == b"01234"


def test_less_than_was_told_is_not_whole(tmp_path: Path) -> None:
    cut(tmp_path, ETag='"a"')
    sink = saved(tmp_path)
    begin(sink, answer(206, Content_Range="bytes 5-7/10"))
    write(sink, b"567")
    with pytest.raises(ConnectionLost, match="8 of 10"):
        sink.finish()
    sink.close()
    assert saved(tmp_path).headers()["Range"] == "bytes=8-"


@pytest.mark.parametrize("fields", [{}, {"ETag": 'W/"a"'}, {"ETag": '"a"', "Content_Encoding": "gzip"}])
def test_what_cannot_be_continued_is_not_kept(tmp_path: Path, fields: dict[str, str]) -> None:
    cut(tmp_path, **fields)
    assert list(tmp_path.iterdir()) == []


def test_part_is_left_out_of_account_where_it_shall_be(tmp_path: Path) -> None:
    cut(tmp_path, ETag='"a"')
    sink = saved(tmp_path, is_resumable=False)
    assert sink.headers() == {}
    begin(sink, answer(ETag='"a"'))
    write(sink, b"x")
    sink.close()
    assert list(tmp_path.iterdir()) == []


def test_file_that_is_there_is_replaced_by_a_newer_one_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    sink = saved(tmp_path, changed=1793527200.0)
    assert sink.headers() == {"If-Modified-Since": "Sun, 01 Nov 2026 10:00:00 GMT"}
    assert begin(sink, answer(304)) is Meaning.UNCHANGED
    assert sink.finish() is Outcome.UNCHANGED
    sink.close()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_answer_without_a_body_to_keep_leaves_the_part(tmp_path: Path) -> None:
    cut(tmp_path, ETag='"a"')
    sink = saved(tmp_path)
    assert begin(sink, answer(503)) is Meaning.REFUSED
    sink.close()
    assert saved(tmp_path).headers()["Range"] == "bytes=5-"


def test_range_that_the_user_asked_for_is_a_body(tmp_path: Path) -> None:
    sink = saved(tmp_path, is_resumable=False, takes_range=True)
    assert begin(sink, answer(206, Content_Range="bytes 2-4/10", Content_Length="3")) is Meaning.ANEW
    write(sink, b"234")
    assert sink.finish() is Outcome.SAVED
    assert (tmp_path / "file").read_bytes() == b"234"
