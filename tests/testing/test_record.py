"""From a real server to a file, and from the file to a program."""

import ssl
from pathlib import Path
from urllib.request import Request

import mock
import pytest
from tornado.ioloop import IOLoop

from tests.httpstream.certificates import make_certificate
from webqq.httpstream import ConnectionLost, HTTPStream
from webqq.testing import Answer, FakeIOLoop, FakeNetwork, Recorder, ReplayMismatch, Reset, ScriptedServer, replay
from webqq.testing.har import Exchange, read_har, write_har
from webqq.testing.record import _Tap, _Transcript


async def fetch_all(stream: HTTPStream, *urls: str) -> list[bytes]:
    try:
        return [(await stream.fetch(Request(url, headers={"Authorization": "Basic c2VjcmV0"}))).read() for url in urls]
    finally:
        stream.close()


def record(path: Path, server: ScriptedServer, *urls: str, **options: object) -> list[bytes]:
    loop = IOLoop(make_current=False)
    try:
        with Recorder(path, secrets=["hunter2"]) as recorder:
            stream = HTTPStream(loop, recorder.http_sock(**options))
            return loop.run_sync(lambda: fetch_all(stream, *urls), timeout=20)
    finally:
        loop.close()


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    with ScriptedServer() as server:
        server.on("/a", Answer(200, b"first", {"Set-Cookie": "s=1; Path=/"}).chunked(2))
        server.on("/a", Answer(200, b"\xff\x00 second"))
        server.on("/b", Answer(500, "hunter2"))
        urls = [server.url("/a?token=hunter2"), server.url("/a?token=hunter2"), server.url("/b")]
        came = record(path, server, *urls)
    assert came == [b"first", b"\xff\x00 second", b"hunter2"]
    text = path.read_text("utf-8")
    assert "hunter2" not in text
    assert "c2VjcmV0" not in text
    assert "s=1" not in text
    with FakeIOLoop() as loop:
        network = FakeNetwork(loop)
        with replay(network, path, secrets=["hunter2"]) as answers:
            assert loop.run(fetch_all(network.stream(), *urls)) == [b"first", b"\xff\x00 second", b"REDACTED"]
            assert answers.left == []


def test_tls_is_recorded_in_the_clear(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "localhost")
    context = ssl.create_default_context(cafile=str(certificate[0]))
    with ScriptedServer(tls=certificate) as server:
        server.on("/", Answer(200, b"x"))
        url = server.url(host="localhost")
        record(tmp_path / "x.har", server, url, ssl_context=context)
    (exchange,) = read_har(tmp_path / "x.har")
    assert (exchange.url, exchange.body) == (url, b"x")


def test_exchange_that_broke_off_is_left_out(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        server.on("/", Answer(200, b"0123456789"), Reset(after=42), repeat=True)
        recorder = Recorder(tmp_path / "x.har")
        loop = IOLoop(make_current=False)
        stream = HTTPStream(loop, recorder.http_sock())
        with pytest.raises(ConnectionLost):
            loop.run_sync(lambda: fetch_all(stream, server.url()), timeout=20)
        loop.close()
    assert recorder.exchanges() == []


def test_recording_that_fails_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Recorder(tmp_path / "x.har"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_request_that_was_not_recorded_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    with ScriptedServer() as server:
        server.on("/a", Answer(200, b"x"))
        url = server.url("/a")
        record(path, server, url)
    with FakeIOLoop() as loop:
        network = FakeNetwork(loop)
        answers = replay(network, path)
        with pytest.raises(ConnectionLost):
            loop.run(fetch_all(network.stream(), url + "?other"))
        assert "other is not in the recording" in str(answers.mismatches[0])
        assert f"left is: GET {url}" in str(answers.mismatches[0])
        with pytest.raises(ReplayMismatch), answers:
            pass


def test_tap_passes_on_what_it_hears() -> None:
    sock, transcript = mock.Mock(), _Transcript("http")
    sock.send.side_effect = lambda data: len(data)
    sock.recv.return_value = b"HTTP/1.1 200 OK\r\n"

    def recv_into(buffer: bytearray, nbytes: int) -> int:
        buffer[:18] = b"Content-Length: 0\n"
        return 18

    sock.recv_into.side_effect = recv_into
    tap = _Tap(sock, transcript)
    assert tap.fileno() is sock.fileno()
    assert tap.send(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n") == 28
    assert tap.recv(99) == b"HTTP/1.1 200 OK\r\n"
    assert tap.recv_into(bytearray(20)) == 18
    sock.recv.return_value = b"\r\n"
    tap.recv(99)
    (exchange,) = transcript.exchanges()
    assert (exchange.url, exchange.status, exchange.headers) == ("http://h/", 200, (("Content-Length", "0"),))


def test_what_is_no_http_is_not_recorded() -> None:
    transcript = _Transcript("http")
    transcript.sent(b"\x05\x01\x00\r\n\r\n")
    transcript.sent(b"GET / HTTP/1.1\r\n\r\n")
    transcript.came(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert not transcript.is_http
    assert list(transcript.exchanges()) == []


def test_tunnel_itself_is_not_recorded() -> None:
    transcript = _Transcript("http")
    transcript.sent(b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n")
    transcript.came(b"HTTP/1.1 200 OK\r\n\r\n")
    assert list(transcript.exchanges()) == []


def test_answer_to_head_is_replayed_without_a_body(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    write_har(path, [Exchange("HEAD", "http://h/", (), b"", 200, "OK", (("Content-Length", "5"), ("A", "b")), b"")])
    with FakeIOLoop() as loop:
        network = FakeNetwork(loop)
        with replay(network, path):
            response = loop.run(network.stream().fetch(Request("http://h/", method="HEAD")))
    assert (response.status, response.headers["A"], response.read()) == (200, "b", b"")
