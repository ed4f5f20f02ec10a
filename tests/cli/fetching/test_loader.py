"""One URL from its request to its result, over a network of a test."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from webqq.cli.fetching.bar import Progress
from webqq.cli.fetching.job import Job
from webqq.cli.fetching.loader import SKIMMED, Loader
from webqq.cli.fetching.results import Result
from webqq.cli.fetching.targets import parse_target
from webqq.httpstream import Timeouts
from webqq.testing import EOF, FakeIOLoop, FakeNetwork

URL = "http://a.example/file"


class Network:
    """A fake network, and what a job makes of it."""

    def __init__(self, ioloop: FakeIOLoop, network: FakeNetwork) -> None:
        self.ioloop = ioloop
        self.network = network
        self.progress = Progress(0.0, total=1)

    def load(self, job: Job, *urls: str) -> list[Result]:
        stream = self.network.stream(**job.stream_options)
        loader = Loader(stream, job, self.progress, clock=self.ioloop.time, sleep=asyncio.sleep, chance=lambda: 0.0)

        async def load() -> list[Result]:
            results = [Result(url) for url in urls or (URL,)]
            for result in results:
                await loader.load(parse_target(result.url), result)
            return results

        try:
            results = self.ioloop.run(load())
            assert stream.audit().exchanges == ()
            return results
        finally:
            stream.close()

    def headers(self, name: str) -> list[str | None]:
        return [request.headers.get(name) for request in self.network.requests]


@pytest.fixture
def net() -> Iterator[Network]:
    with FakeIOLoop() as ioloop:
        yield Network(ioloop, FakeNetwork(ioloop))


def raw(body: bytes, length: int, status: str = "200 OK", *fields: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {length}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def facts(result: Result) -> tuple[Any, ...]:
    return str(result.outcome), result.status, result.bytes, result.error


def test_body_is_counted(net: Network) -> None:
    net.network.answer(URL, b"0123456789", delay=2.0)
    (result,) = net.load(Job((URL, URL)))
    assert facts(result) == ("answered", 200, 10, None)
    assert (result.seconds, result.first_byte, result.final_url) == (2.0, 2.0, URL)
    assert (net.progress.bytes, net.progress.size) == (10, 10)


def test_redirects_are_followed_and_counted(net: Network) -> None:
    net.network.answer(URL, status=302, headers={"Location": "/there"})
    net.network.answer("http://a.example/there", b"x")
    (result,) = net.load(Job((URL, URL)))
    assert (result.redirects, result.final_url, result.status) == (1, "http://a.example/there", 200)


def test_status_of_an_error_is_refused_and_its_body_counts(net: Network) -> None:
    net.network.answer(URL, b"gone", status=404)
    (result,) = net.load(Job((URL, URL)))
    assert facts(result) == ("refused", 404, 4, None)
    assert result.message == "404 Not Found"


def test_no_answer_is_failed_and_the_message_does_without_the_url(net: Network) -> None:
    (result,) = net.load(Job((URL, URL)))
    assert facts(result) == ("failed", None, 0, "ResolveError")
    assert result.message
    assert URL not in result.message


def test_credentials_of_the_url_are_for_its_request_alone(net: Network) -> None:
    net.network.answer("http://a.example/", b"", repeat=True)
    net.load(Job(), "http://me:pw@a.example/", "http://a.example/")
    assert net.headers("Authorization") == ["Basic bWU6cHc=", None]


def test_body_is_saved_under_a_name_of_its_own(net: Network, tmp_path: Path) -> None:
    net.network.answer(URL, b"first")
    net.network.answer("http://b.example/file", b"second")
    results = net.load(Job(folder=tmp_path), URL, "http://b.example/file")
    assert [str(result.outcome) for result in results] == ["saved", "saved"]
    assert [(tmp_path / str(result.file)).read_bytes() for result in results] == [b"first", b"second"]
    assert results[0].file == "file"
    assert len(list(tmp_path.iterdir())) == 2


def test_file_that_is_there_asks_nobody(net: Network, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (result,) = net.load(Job(folder=tmp_path))
    assert facts(result) == ("exists", None, 0, None)
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_update_asks_for_what_is_newer(net: Network, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    net.network.answer(URL, status=304)
    net.network.answer(URL, b"new")
    job = Job(folder=tmp_path, update=True)
    assert str(net.load(job)[0].outcome) == "unchanged"
    assert (tmp_path / "file").read_bytes() == b"old"
    assert str(net.load(job)[0].outcome) == "saved"
    assert (tmp_path / "file").read_bytes() == b"new"
    assert None not in net.headers("If-Modified-Since")


def test_error_page_is_not_saved(net: Network, tmp_path: Path) -> None:
    net.network.answer(URL, b"x" * (SKIMMED + 1), status=500)
    (result,) = net.load(Job(folder=tmp_path))
    assert facts(result) == ("refused", 500, 0, None)
    assert list(tmp_path.iterdir()) == []


def test_download_that_is_cut_goes_on_in_the_same_run(net: Network, tmp_path: Path) -> None:
    net.network.answer_raw(URL, raw(b"01234", 10, "200 OK", 'ETag: "a"'), EOF)
    net.network.answer_raw(URL, raw(b"567", 5, "206 Partial Content", "Content-Range: bytes 5-9/10"), EOF)
    net.network.answer_raw(URL, raw(b"89", 2, "206 Partial Content", "Content-Range: bytes 8-9/10"))
    (result,) = net.load(Job((URL,), folder=tmp_path, retries=2))
    assert facts(result) == ("resumed", 206, 10, None)
    assert (tmp_path / "file").read_bytes() == b"0123456789"
    assert net.headers("Range") == [None, "bytes=5-", "bytes=8-"]
    assert net.headers("If-Range") == [None, '"a"', '"a"']
    assert result.seconds == 1.5, "the back-off's half a second, and twice that"
    assert net.progress.size == 10


def test_download_that_is_cut_goes_on_in_the_next_run(net: Network, tmp_path: Path) -> None:
    net.network.answer_raw(URL, raw(b"01234", 10, "200 OK", 'ETag: "a"'), EOF)
    (result,) = net.load(Job(folder=tmp_path))
    assert facts(result) == ("failed", 200, 5, "ConnectionLost")
    assert not (tmp_path / "file").exists()
    net.network.answer_raw(URL, raw(b"56789", 5, "206 Partial Content", "Content-Range: bytes 5-9/10"))
    (result,) = net.load(Job(folder=tmp_path))
    assert facts(result) == ("resumed", 206, 5, None)
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_range_that_was_not_asked_for_is_asked_again_without(net: Network, tmp_path: Path) -> None:
    net.network.answer_raw(URL, raw(b"01234", 10, "200 OK", 'ETag: "a"'), EOF)
    net.load(Job(folder=tmp_path))
    net.network.answer_raw(URL, raw(b"0123", 4, "206 Partial Content", "Content-Range: bytes 0-3/10"))
    net.network.answer(URL, b"all of it")
    (result,) = net.load(Job(folder=tmp_path))
    assert str(result.outcome) == "saved"
    assert (tmp_path / "file").read_bytes() == b"all of it"
    assert net.headers("Range") == [None, "bytes=5-", None]


def test_retries_are_counted_over_all_of_a_download(net: Network, tmp_path: Path) -> None:
    for start in range(3):
        status = "206 Partial Content" if start else "200 OK"
        fields = ('ETag: "a"', *([f"Content-Range: bytes {start}-9/10"] if start else []))
        net.network.answer_raw(URL, raw(b"x", 10 - start, status, *fields), EOF)
    (result,) = net.load(Job(folder=tmp_path, retries=2))
    assert facts(result) == ("failed", 206, 3, "ConnectionLost")
    assert (tmp_path / "file.part").read_bytes() == b"xxx"


def test_what_may_take_effect_twice_is_not_sent_again(net: Network) -> None:
    net.network.answer_raw(URL, raw(b"01234", 10), EOF)
    (result,) = net.load(Job((URL, URL), method="POST", data=b"x", retries=2))
    assert result.error == "ConnectionLost"
    assert len(net.network.requests) == 1


def test_engine_tries_again_before_the_head_is_there(net: Network) -> None:
    net.network.answer(URL, status=503, headers={"Retry-After": "7"})
    net.network.answer(URL, b"x")
    (result,) = net.load(Job((URL, URL), retries=1))
    assert facts(result) == ("answered", 200, 1, None)
    assert result.seconds == 7.0


def test_max_time_is_for_all_tries_together(net: Network) -> None:
    net.network.answer_raw(URL, raw(b"01234", 10), EOF, delay=9.0)
    net.network.answer(URL, b"x", delay=9.0)
    (result,) = net.load(Job((URL, URL), retries=5, timeouts=Timeouts(total=10.0)))
    assert (result.error, result.seconds) == ("TotalTimeout", 10.0)


def test_file_that_cannot_be_written_is_the_result(net: Network, tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"")
    (result,) = net.load(Job(folder=tmp_path / "folder"))
    assert (result.error, result.status) == ("NotADirectoryError", None)
    assert "folder" in str(result.message)


def test_part_that_the_user_asked_for_is_saved(net: Network, tmp_path: Path) -> None:
    net.network.answer_raw(URL, raw(b"234", 3, "206 Partial Content", "Content-Range: bytes 2-4/10"))
    (result,) = net.load(Job(folder=tmp_path, headers={"range": "bytes=2-4"}))
    assert facts(result) == ("saved", 206, 3, None)


def test_redirect_that_is_not_followed_is_no_file(net: Network, tmp_path: Path) -> None:
    net.network.answer(URL, status=302, headers={"Location": "/there"})
    (result,) = net.load(Job(folder=tmp_path, redirects=0))
    assert facts(result) == ("refused", 302, 0, None)
    assert list(tmp_path.iterdir()) == []
