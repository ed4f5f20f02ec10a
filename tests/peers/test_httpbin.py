"""httpbin: what HTTP offers a client, one page for each."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any
from urllib.request import Request

import pytest

from tests.peers.process import Peer, run
from webqq.httpstream import (
    JSON,
    BetweenBytesTimeout,
    FirstByteTimeout,
    Form,
    HTTPStream,
    RedirectError,
    Response,
    Retry,
    StreamedResponse,
    Timeouts,
    TotalTimeout,
)
from webqq.httpstream.auth import Bearer
from webqq.httpstream.digest import Digest
from webqq.httpstream.jar import RFC6265CookieJar
from webqq.httpstream.retry import Backoff


def url(httpbin: Peer, path: str, port: str = "") -> str:
    return f"http://127.0.0.1:{httpbin.port(port)}{path}"


def ask(
    httpbin: Peer, path: str, data: Any = None, method: str | None = None, *, port: str = "", **options: Any
) -> Response:
    """What one request gets, on a stream of its own."""

    async def test() -> Response:
        async with HTTPStream() as stream:
            return await stream.fetch(Request(url(httpbin, path, port), data, method=method), **options)

    return run(test)


@pytest.mark.parametrize("status", [200, 201, 204, 205, 304, 400, 404, 418, 500, 503])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_every_status_is_the_callers(httpbin: Peer, method: str, status: int) -> None:
    assert ask(httpbin, f"/status/{status}", method=method).status == status


def test_requests_share_a_connection(httpbin: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            for _ in range(20):
                assert (await stream.fetch(Request(url(httpbin, "/get")))).status == 200
            assert (stream.counters.opened, stream.counters.reused) == (1, 19)

    run(test)


def test_what_is_sent_unasked(httpbin: Peer) -> None:
    headers = ask(httpbin, "/headers").json()["headers"]
    assert headers["Host"] == f"127.0.0.1:{httpbin.port()}"
    assert "gzip" in headers["Accept-Encoding"]
    assert not {"Authorization", "Cookie", "Connection"} & set(headers)


# Redirects.


@pytest.mark.parametrize("kind", ["redirect", "relative-redirect", "absolute-redirect"])
def test_redirects_are_followed(httpbin: Peer, kind: str) -> None:
    response = ask(httpbin, f"/{kind}/5")
    assert response.url == url(httpbin, "/get")
    assert [before.status for before in response.history] == [302] * 5


def test_redirects_beyond_the_limit(httpbin: Peer) -> None:
    with pytest.raises(RedirectError):
        ask(httpbin, "/redirect/6", redirects=5)


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_method_after_a_redirect(httpbin: Peer, status: int, method: str) -> None:
    response = ask(httpbin, f"/redirect-to?url=/anything&status_code={status}", b"a=b", "POST")
    said = response.json()
    assert (said["method"], said["form"]) == (method, {"a": "b"} if method == "POST" else {})


# Cookies.


def test_cookies_are_kept_sent_and_deleted(httpbin: Peer) -> None:
    async def test() -> None:
        async with HTTPStream(cookiejar=RFC6265CookieJar()) as stream:

            async def cookies(path: str) -> Any:
                return (await stream.fetch(Request(url(httpbin, path)))).json()["cookies"]

            assert await cookies("/cookies/set?a=1&b=2") == {"a": "1", "b": "2"}
            assert await cookies("/cookies/set/c/3") == {"a": "1", "b": "2", "c": "3"}
            assert await cookies("/cookies/delete?a&c") == {"b": "2"}
            assert await cookies("/cookies") == {"b": "2"}

    run(test)


# Credentials.


@pytest.mark.parametrize("path", ["/basic-auth/user/secret", "/hidden-basic-auth/user/secret"])
def test_basic(httpbin: Peer, path: str) -> None:
    assert ask(httpbin, path, auth=("user", "secret")).json()["user"] == "user"
    assert ask(httpbin, path, auth=("user", "wrong")).status in (401, 404)


def test_bearer(httpbin: Peer) -> None:
    assert ask(httpbin, "/bearer", auth=Bearer("token")).json()["token"] == "token"
    assert ask(httpbin, "/bearer").status == 401


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("stale_after", ["never", "1"])
def test_digest(httpbin: Peer, algorithm: str, stale_after: str) -> None:
    async def test() -> None:
        path = f"/digest-auth/auth/user/secret/{algorithm}/{stale_after}"
        # The server tells by a cookie whom it has asked.
        async with HTTPStream(cookiejar=RFC6265CookieJar(), auth=Digest("user", "secret")) as stream:
            for _ in range(3):
                assert (await stream.fetch(Request(url(httpbin, path)))).json()["authenticated"]

    run(test)


def test_digest_with_a_wrong_password(httpbin: Peer) -> None:
    path = "/digest-auth/auth/user/secret/MD5/never"
    assert ask(httpbin, path, auth=Digest("user", "wrong"), data=None).status == 401


def test_credentials_stay_with_their_origin(httpbin: Peer) -> None:
    elsewhere = f"http://localhost:{httpbin.port()}/headers"
    response = ask(httpbin, f"/redirect-to?url={elsewhere}", auth=("user", "secret"))
    assert response.url == elsewhere
    assert "Authorization" not in response.json()["headers"]


# Bodies.


@pytest.mark.parametrize(("path", "key"), [("/gzip", "gzipped"), ("/deflate", "deflated"), ("/brotli", "brotli")])
def test_codings_are_undone(httpbin: Peer, path: str, key: str) -> None:
    assert ask(httpbin, path).json()[key] is True


def test_stream_of_lines(httpbin: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            response = await stream.fetch(Request(url(httpbin, "/stream/20", "closing")), stream=True)
            assert isinstance(response, StreamedResponse)
            assert len([line async for line in response.lines()]) == 20

    run(test)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 100_000])
def test_bytes_of_any_number(httpbin: Peer, size: int) -> None:
    assert len(ask(httpbin, f"/bytes/{size}").read()) == size
    assert len(ask(httpbin, f"/stream-bytes/{size}?chunk_size=1000", port="closing").read()) == size


def test_form(httpbin: Peer) -> None:
    assert ask(httpbin, "/post", b"a=1&b=%E4%BD%A0").json()["form"] == {"a": "1", "b": "你"}


def test_multipart_form_with_a_file(httpbin: Peer) -> None:
    form = Form({"text": "你好"})
    form.add_file("file", BytesIO(b"content" * 100_000), "name.txt")
    said = ask(httpbin, "/post", form).json()
    assert (said["form"], said["files"]) == ({"text": "你好"}, {"file": "content" * 100_000})


def test_json(httpbin: Peer) -> None:
    assert ask(httpbin, "/post", JSON({"a": [1, None]})).json()["json"] == {"a": [1, None]}


def test_file(httpbin: Peer) -> None:
    assert ask(httpbin, "/put", BytesIO(b"x" * 300_000), "PUT").json()["headers"]["Content-Length"] == "300000"


def test_body_that_is_generated(httpbin: Peer) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"one ", b"", b"two ")

    async def awaited() -> AsyncIterator[bytes]:
        yield b"one "
        await asyncio.sleep(0)
        yield b"two "

    for data in (pieces(), awaited()):
        said = ask(httpbin, "/anything", data, "POST", port="closing").json()
        assert said["headers"]["Transfer-Encoding"] == "chunked"
        assert "Content-Length" not in said["headers"]


def test_range(httpbin: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            response = await stream.fetch(Request(url(httpbin, "/range/1000"), headers={"Range": "bytes=10-19"}))
            assert (response.status, response.headers["Content-Range"]) == (206, "bytes 10-19/1000")
            assert response.read() == b"klmnopqrst"

    run(test)


def test_etag(httpbin: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            request = Request(url(httpbin, "/etag/abc"), headers={"If-None-Match": '"abc"'})
            response = await stream.fetch(request)
            assert (response.status, response.read()) == (304, b"")
            request = Request(url(httpbin, "/etag/abc"), headers={"If-Match": '"other"'})
            assert (await stream.fetch(request)).status == 412

    run(test)


# Time.


def test_server_that_thinks_for_too_long(httpbin: Peer) -> None:
    with pytest.raises(FirstByteTimeout):
        ask(httpbin, "/delay/1", port="closing", timeout=Timeouts(first_byte=0.1))


def test_body_that_stands_still(httpbin: Peer) -> None:
    with pytest.raises(BetweenBytesTimeout):
        ask(httpbin, "/drip?duration=2&numbytes=2&delay=0", port="closing", timeout=Timeouts(between_bytes=0.2))


def test_body_that_takes_too_long(httpbin: Peer) -> None:
    with pytest.raises(TotalTimeout):
        ask(httpbin, "/drip?duration=2&numbytes=20&delay=0", port="closing", timeout=0.3)


def test_body_that_drips(httpbin: Peer) -> None:
    assert ask(httpbin, "/drip?duration=0.2&numbytes=10&delay=0", port="closing").read() == b"*" * 10


def test_busy_server_is_asked_again(httpbin: Peer) -> None:
    async def test() -> None:
        async with HTTPStream(retry=Retry(attempts=3, backoff=Backoff(0.01))) as stream:
            assert (await stream.fetch(Request(url(httpbin, "/status/503")))).status == 503
            assert stream.counters.retried == 2

    run(test)


def test_many_at_once(httpbin: Peer) -> None:
    async def test() -> None:
        async with HTTPStream(max_per_host=10) as stream:
            requests = [Request(url(httpbin, f"/anything?n={n}")) for n in range(100)]
            answers = await asyncio.gather(*map(stream.fetch, requests))
            assert [answer.json()["args"]["n"] for answer in answers] == [str(n) for n in range(100)]
            assert stream.counters.opened == 10
            assert not stream.audit().exchanges

    run(test)
