"""The requests of one exchange that goes on."""

from typing import Any
from urllib.request import Request

import pytest

from webqq.httpstream import ConnectionLost, Digest, RedirectError, Retry, State, Timeouts, TotalTimeout
from webqq.httpstream.hooks import Event
from webqq.httpstream.legs import Legs
from webqq.httpstream.options import Options
from webqq.httpstream.retry import Backoff
from webqq.testing import EOF, FakeIOLoop, FakeNetwork, ReceivedRequest

URL = "http://example.com/"
NEXT = URL + "next"
RETRY = Retry(attempts=3, backoff=Backoff(first=2, jitter=0))


def answered(status: int, **headers: str) -> Any:
    from webqq.httpstream.parser import Limits, ResponseParser
    from webqq.httpstream.response import Response
    from webqq.testing.steps import head_of

    parser = ResponseParser("GET", Limits())
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    parser.feed(head_of(status, [*fields, ("Content-Length", "0")]))
    assert parser.head is not None
    return Response(parser.head, b"", URL)


# By themselves.


def test_answer_that_leads_nowhere_is_the_callers() -> None:
    legs = Legs(Options())
    for response in (answered(200), answered(304), answered(404), answered(401), answered(302)):
        assert legs.after_response(Request(URL), response, 0.5, 0) is None


def test_redirect_begins_the_attempts_anew() -> None:
    legs = Legs(Options(retry=RETRY))
    again = legs.after_response(Request(URL), answered(503), 0, 0)
    assert again is not None
    assert (again.event, again.detail, again.delay, legs.attempt) == (Event.RETRIED, "status 503", 2, 2)
    again = legs.after_response(Request(URL), answered(302, Location="/next"), 0, 0)
    assert again is not None
    assert (again.event, again.request.full_url, again.delay, legs.attempt) == (Event.REDIRECTED, NEXT, 0, 1)


def test_no_retry_after_the_last_attempt_or_without_a_policy() -> None:
    legs = Legs(Options(retry=Retry(attempts=1)))
    assert legs.after_response(Request(URL), answered(503), 0, 0) is None
    assert legs.after_error(Request(URL), ConnectionLost("gone"), 0) is None
    assert Legs(Options()).after_error(Request(URL), ConnectionLost("gone"), 0) is None


def test_credentials_are_for_the_origin_asked_first() -> None:
    legs = Legs(Options().updated({"auth": ("user", "password")}))
    first = legs.credentials_for(Request(URL))
    assert first is not None
    assert legs.credentials_for(Request(NEXT)) is first
    legs.after_response(Request(URL), answered(302, Location="http://other.example/"), 0, 0)
    assert legs.credentials_for(Request("http://other.example/")) is None
    assert legs.credentials_for(Request(URL)) is None, "not even back home"
    assert Legs(Options()).credentials_for(Request(URL)) is None


# In the engine.


def test_redirects_are_followed_and_told(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"away", status=301, headers={"Location": "http://other.example/a#part"})
    network.answer("http://other.example/a", status=307, headers={"Location": "b"})
    network.answer("http://other.example/b", b"here")
    stream = network.stream()
    response = loop.run(stream.fetch(Request(URL)))
    assert (response.status, response.read()) == (200, b"here")
    assert response.geturl() == "http://other.example/b#part"
    assert [(old.status, old.geturl()) for old in response.history] == [
        (301, URL),
        (307, "http://other.example/a#part"),
    ]
    assert response.history[0].read() == b"away"
    assert stream.counters.redirected == 2


@pytest.mark.parametrize(
    "options", [{}, {"stream": True}, {"on_data": lambda data: None}], ids=["whole", "streamed", "callbacks"]
)
def test_limit_of_redirects(loop: FakeIOLoop, network: FakeNetwork, options: dict[str, Any]) -> None:
    network.answer(URL, status=302, headers={"Location": URL}, repeat=True)
    stream = network.stream(redirects=3)
    with pytest.raises(RedirectError, match="more than 3 redirects, in a circle"):
        loop.run(stream.fetch(Request(URL), **options))
    assert len(network.requests) == 4
    assert stream.audit().exchanges == ()


def test_redirect_from_https_to_http_needs_leave(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer("https://example.com/", status=302, headers={"Location": URL}, repeat=True)
    network.answer(URL)
    stream = network.stream()
    with pytest.raises(RedirectError):
        loop.run(stream.fetch(Request("https://example.com/")))
    assert loop.run(stream.fetch(Request("https://example.com/"), allow_downgrade=True)).status == 200


def test_no_redirects_hands_the_first_one_over(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=302, headers={"Location": "/next"})
    response = loop.run(network.stream().fetch(Request(URL), redirects=0))
    assert (response.status, response.history) == (302, ())


def test_what_is_sensitive_stays_at_home(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=302, headers={"Location": "http://other.example/"})
    network.answer("http://other.example/")
    headers = {"X-Api-Key": "k", "Cookie": "a=b", "X-Other": "o"}
    fetch = network.stream(sensitive=["x-api-key"], auth=("user", "password")).fetch(Request(URL, headers=headers))
    loop.run(fetch)
    first, second = (dict(request.headers.items()) for request in network.requests)
    assert {"X-Api-Key", "Cookie", "Authorization"} <= {name.title() for name in first}
    assert not {"X-Api-Key", "Cookie", "Authorization"} & {name.title() for name in second}
    assert network.requests[1].headers["X-Other"] == "o"


@pytest.mark.parametrize(("status", "method", "body"), [(303, "GET", b""), (307, "POST", b"abc"), (302, "GET", b"")])
@pytest.mark.parametrize("data", [b"abc", [b"a", b"bc"]], ids=repr)
def test_body_goes_along_or_stays(
    loop: FakeIOLoop, network: FakeNetwork, status: int, method: str, body: bytes, data: Any
) -> None:
    network.answer(URL, status=status, headers={"Location": "/next"})
    network.answer(NEXT)
    loop.run(network.stream().fetch(Request(URL, data)))
    assert (network.requests[1].method, network.requests[1].body) == (method, body)


def test_body_that_is_gone_makes_the_redirect_the_callers(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=307, headers={"Location": "/next"})
    response = loop.run(network.stream().fetch(Request(URL, iter([b"once"]))))
    assert response.status == 307


def test_cookies_are_taken_and_sent_on_the_way(loop: FakeIOLoop, network: FakeNetwork) -> None:
    from http.cookiejar import CookieJar

    network.answer(URL, status=302, headers={"Location": "/next", "Set-Cookie": "a=b"})
    network.answer(NEXT)
    stream = network.stream(cookiejar=CookieJar())
    loop.run(stream.fetch(Request(URL), stream=True))
    assert network.requests[1].headers["Cookie"] == "a=b"
    stream.close()


def test_digest_is_asked_for_once_and_known_after(loop: FakeIOLoop, network: FakeNetwork) -> None:
    challenge = 'Digest realm="r", nonce="abc", qop="auth", algorithm=SHA-256'
    network.answer(URL, status=401, headers={"WWW-Authenticate": challenge})
    network.answer(URL, b"in", repeat=True)
    stream = network.stream(auth=Digest("user", "password"))
    request = Request(URL, [b"body"])
    assert loop.run(stream.fetch(request)).read() == b"in"
    assert loop.run(stream.fetch(Request(URL))).read() == b"in"
    said = [request.headers["Authorization"] for request in network.requests]
    assert said[0] is None
    assert said[1].startswith("Digest ")
    assert len(said) == 3
    assert [request.body for request in network.requests] == [b"body", b"body", b""]
    assert stream.counters.retried == 1


@pytest.mark.parametrize("options", [{}, {"stream": True}], ids=str)
def test_refused_credentials_are_not_tried_for_ever(
    loop: FakeIOLoop, network: FakeNetwork, options: dict[str, Any]
) -> None:
    challenge = 'Digest realm="r", nonce="abc", qop="auth"'
    network.answer(URL, b"no", status=401, headers={"WWW-Authenticate": challenge}, repeat=True)
    stream = network.stream()
    response = loop.run(stream.fetch(Request(URL), auth=Digest("user", "wrong"), **options))
    assert response.status == 401
    assert len(network.requests) == 2
    stream.close()


def test_retry_waits_as_long_as_it_is_told(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=503, headers={"Retry-After": "30"})
    network.answer(URL, status=503)
    network.answer(URL, b"at last")
    response = loop.run(network.stream(retry=RETRY).fetch(Request(URL)))
    assert (response.read(), loop.time()) == (b"at last", 34)


def test_retry_after_an_error_and_its_end(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, EOF, repeat=True)
    stream = network.stream(retry=RETRY)
    with pytest.raises(ConnectionLost):
        loop.run(stream.fetch(Request(URL)))
    assert (len(network.requests), loop.time(), stream.counters.retried) == (3, 6, 2)


@pytest.mark.parametrize("status", [404, 503])
def test_last_answer_is_the_callers_as_he_asked_for_it(loop: FakeIOLoop, network: FakeNetwork, status: int) -> None:
    """Also where it might have been tried again: who asked for a stream gets a stream."""
    network.answer(URL, b"sorry", status=status, repeat=True)
    stream = network.stream(retry=RETRY)
    response = loop.run(stream.fetch(Request(URL), stream=True))
    assert response.status == status
    assert loop.run(response.read()) == b"sorry"  # type: ignore[arg-type]  # awaited with stream=True
    assert len(network.requests) == (3 if status == 503 else 1)
    pieces: list[bytes] = []
    heads: list[int] = []
    loop.run(stream.fetch(Request(URL), on_data=pieces.append, on_head=lambda head: heads.append(head.status)))
    assert (pieces, heads) == ([b"sorry"], [status])


def test_retry_that_would_come_too_late_is_left_out(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=503, headers={"Retry-After": "30"})
    response = loop.run(network.stream(retry=RETRY).fetch(Request(URL), timeout=20))
    assert (response.status, loop.time()) == (503, 0)


def test_total_timeout_holds_over_all_legs(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=302, headers={"Location": URL}, delay=3, repeat=True)
    with pytest.raises(TotalTimeout):
        loop.run(network.stream(retry=RETRY, timeout=10).fetch(Request(URL)))
    assert loop.time() == 10


def test_cancel_while_a_retry_waits(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=503)
    stream = network.stream(retry=RETRY)
    exchange = stream.get(URL, None, print)
    loop.advance(1)
    assert (exchange.state, stream.audit().exchanges) == (State.SCHEDULED, (exchange,))
    assert exchange.cancel()
    loop.advance(100)
    assert len(network.requests) == 1


def test_long_body_of_a_redirect_is_not_read_to_its_end(loop: FakeIOLoop, network: FakeNetwork) -> None:
    """A stream has no limit of size; what nobody will see must not fill the memory or last for ever."""
    head = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 1000000000\r\n\r\n"
    network.answer_raw(URL, head, *(bytes(60_000) for _ in range(100)))
    network.answer(NEXT, b"here")
    stream = network.stream(timeout=Timeouts(total=None))
    response = loop.run(stream.fetch(Request(URL), stream=True))
    assert loop.run(response.read()) == b"here"  # type: ignore[arg-type]  # awaited with stream=True
    assert [sock.is_closed for sock in network.sockets] == [True, False]
    assert len(network.sockets[0].incoming) > 90


def test_proxy_of_a_request_is_taken_along(loop: FakeIOLoop, network: FakeNetwork) -> None:
    seen: list[str] = []

    def answer(request: ReceivedRequest) -> bytes:
        seen.append(request.url)
        return b""

    network.answer(URL, status=302, headers={"Location": "/next"})
    network.answer(NEXT, answer)
    network.prepare_socket("http://proxy:3128/")
    request = Request(URL)
    request.set_proxy("proxy:3128", "http")
    loop.run(network.stream().fetch(request))
    assert seen == [NEXT]
    assert len(network.sockets) == 1
