"""Proxies: their URLs, and the bytes of each handshake as the RFCs have them."""

from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream.errors import InvalidRequest, ProxyError
from webqq.httpstream.proxy import (
    HEAD_LIMIT,
    INTERIM_LIMIT,
    Handshake,
    Proxy,
    basic_credentials,
    handshake_for,
)

HTTP = Proxy("http", "proxy.example", 3128)
SECRET = "hunter2"

# What one side says, in turns: ours first, then the proxy's.
Talk = list[tuple[bytes, bytes]]


def cuts(data: bytes) -> Iterator[list[bytes]]:
    """``data`` whole, byte by byte, and in two pieces cut at every point."""
    yield [data]
    yield [data[index : index + 1] for index in range(len(data))]
    for index in range(1, len(data)):
        yield [data[:index], data[index:]]


def feed_all(handshake: Handshake, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        handshake.feed(piece)


def play(proxy: Proxy, talk: Talk, host: str = "example.com", port: int = 443, address: str | None = None) -> None:
    """The talk as it stands opens the tunnel, in whatever pieces the proxy's answers come."""
    for way in range(2 + max(len(answer) for _, answer in talk)):
        handshake = handshake_for(proxy, host, port, address)
        for index, (outgoing, answer) in enumerate(talk):
            assert handshake.take_outgoing() == outgoing
            pieces = list(cuts(answer))
            chosen = pieces[min(way, len(pieces) - 1)]
            for piece in chosen[:-1]:
                assert handshake.feed(piece) is False
                assert handshake.take_outgoing() == b""
            assert handshake.feed(chosen[-1]) is (index == len(talk) - 1)
        assert handshake.take_outgoing() == b""


def refusal(proxy: Proxy, *answers: bytes, host: str = "example.com") -> ProxyError:
    """What the last of ``answers`` makes the handshake raise, the same in whatever pieces it comes."""
    found = set()
    for pieces in cuts(answers[-1]):
        handshake = handshake_for(proxy, host, 443)
        for answer in answers[:-1]:
            assert handshake.feed(answer) is False
        with pytest.raises(ProxyError) as caught:
            feed_all(handshake, pieces)
        found.add((str(caught.value), caught.value.status))
    assert len(found) == 1
    return caught.value


# How a proxy is named.


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.example:3128", Proxy("http", "proxy.example", 3128)),
        ("http://proxy.example:3128/", Proxy("http", "proxy.example", 3128)),
        ("HTTP://Proxy.Example", Proxy("http", "proxy.example", 80)),
        ("https://proxy.example", Proxy("https", "proxy.example", 443)),
        ("socks4://proxy.example", Proxy("socks4", "proxy.example", 1080)),
        ("socks4a://proxy.example", Proxy("socks4a", "proxy.example", 1080)),
        ("socks5://127.0.0.1", Proxy("socks5", "127.0.0.1", 1080)),
        ("socks5h://[2001:DB8::1]:9050", Proxy("socks5h", "2001:db8::1", 9050)),
        ("http://[::1]", Proxy("http", "::1", 80)),
        ("http://[fe80::1%25eth0]:1", Proxy("http", "fe80::1%eth0", 1)),
        ("proxy.example", Proxy("http", "proxy.example", 80)),
        (" proxy.example:8080\n", Proxy("http", "proxy.example", 8080)),
        ("proxy.example:", Proxy("http", "proxy.example", 80)),
        ("http://münchen.example", Proxy("http", "xn--mnchen-3ya.example", 80)),
        ("http://tom:secret@proxy.example", Proxy("http", "proxy.example", 80, "tom", "secret")),
        ("tom:secret@proxy.example:1", Proxy("http", "proxy.example", 1, "tom", "secret")),
        ("http://tom@proxy.example", Proxy("http", "proxy.example", 80, "tom")),
        ("http://tom:@proxy.example", Proxy("http", "proxy.example", 80, "tom", "")),
        ("http://:secret@proxy.example", Proxy("http", "proxy.example", 80, "", "secret")),
        ("http://@proxy.example", Proxy("http", "proxy.example", 80)),
        ("http://:@proxy.example", Proxy("http", "proxy.example", 80)),
        ("http://t%6Fm:p%40ss%3A%2F%C3%BC@proxy.example", Proxy("http", "proxy.example", 80, "tom", "p@ss:/ü")),
        ("http://tom:a:b@c@proxy.example", Proxy("http", "proxy.example", 80, "tom", "a:b@c")),
        ("http://tom@home@proxy.example", Proxy("http", "proxy.example", 80, "tom@home")),
    ],
)
def test_parts_of_a_proxys_url_are_read(url: str, proxy: Proxy) -> None:
    assert Proxy.parse(url) == proxy
    assert hash(Proxy.parse(url)) == hash(proxy)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("", "proxy host"),
        ("http://", "proxy host"),
        ("http://tom:hunter2@", "proxy host"),
        ("http://tom:hunter2@:80", "proxy host"),
        ("ftp://tom:hunter2@proxy.example", "proxy scheme"),
        ("socks://proxy.example", "proxy scheme"),
        ("://proxy.example", "proxy scheme"),
        ("http://tom:hunter2", "proxy port"),
        ("http://proxy.example:0", "proxy port"),
        ("http://proxy.example:65536", "proxy port"),
        ("http://proxy.example:123456", "proxy port"),
        ("http://proxy.example:+80", "proxy port"),
        ("http://proxy.example:８０", "proxy port"),
        ("http://proxy.example:80:80", "proxy port"),
        ("http://::1", "proxy port"),
        ("http://[::1", "proxy URL"),
        ("http://[::1]x", "proxy URL"),
        ("http://[hunter2]", "proxy host"),
        ("http://[1.2.3.4]", "proxy host"),
        ("http://a b", "proxy host"),
        ("http://a..ü", "proxy host"),
        ("http://a\u2100b", "proxy host"),
        ("http://a\r\nb", "proxy host"),
        ("http://proxy.example/path", "proxy URL"),
        ("http://proxy.example?hunter2", "proxy URL"),
        ("http://proxy.example#hunter2", "proxy URL"),
        ("http://tom:hunter2/@proxy.example", "proxy URL"),
        ("http://tom:hunter2%0d%0aX:@proxy.example", "proxy password"),
        ("http://tom:hunter2%00@proxy.example", "proxy password"),
        ("http://t%0Aom:hunter2@proxy.example", "proxy user name"),
        ("http://t%3Aom:hunter2@proxy.example", "proxy user name"),
        ("http://tom:hunter2%FF@proxy.example", "proxy credentials"),
        ("http://tom:hunter2\udcff@proxy.example", "proxy password"),
        ("http://t\ud800m:hunter2@proxy.example", "proxy user name"),
        ("socks4://tom:hunter2@proxy.example", "proxy password"),
        ("socks5://:hunter2@proxy.example", "proxy user name"),
        ("socks5://tom:" + SECRET * 40 + "@proxy.example", "proxy password"),
        ("socks4://" + "ü" * 128 + "@proxy.example", "proxy user name"),
    ],
)
def test_what_is_no_proxy_is_refused_by_the_name_of_its_part_alone(url: str, part: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^{part}: ") as caught:
        Proxy.parse(url)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_password_alone_is_no_credential() -> None:
    with pytest.raises(InvalidRequest, match="user name"):
        Proxy("http", "a", 1, None, SECRET)


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        (HTTP, "http://proxy.example:3128"),
        (replace(HTTP, username="user", password=SECRET), "http://user:***@proxy.example:3128"),
        (replace(HTTP, username="a@b", password=""), "http://a%40b:***@proxy.example:3128"),
        (Proxy("socks5h", "::1", 1, "user"), "socks5h://user@[::1]:1"),
    ],
)
def test_proxy_is_shown_as_its_url_without_the_password(proxy: Proxy, shown: str) -> None:
    assert str(proxy) == shown
    assert repr(proxy) == f"<Proxy {shown}>"


HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True) | st.ip_addresses().map(str)


@given(
    st.sampled_from(["http", "https", "socks4", "socks4a", "socks5", "socks5h"]),
    HOSTS,
    st.integers(1, 65535),
    st.none() | st.text(st.characters(exclude_categories=["C"], exclude_characters=":"), min_size=1, max_size=60),
)
def test_shown_url_is_read_as_the_same_proxy(scheme: str, host: str, port: int, username: str | None) -> None:
    proxy = Proxy(scheme, host, port, username)
    assert Proxy.parse(str(proxy)) == proxy


@given(st.text(max_size=40))
def test_no_url_does_worse_than_being_refused(url: str) -> None:
    try:
        proxy = Proxy.parse(url)
    except InvalidRequest:
        return
    assert Proxy.parse(str(replace(proxy, password=None))) == replace(proxy, password=None)


def test_authorization_is_basic_in_utf_8() -> None:
    # The example of RFC 7617 section 2.1.
    assert replace(HTTP, username="test", password="123£").authorization == "Basic dGVzdDoxMjPCow=="
    assert replace(HTTP, username="tom").authorization == "Basic dG9tOg=="
    assert HTTP.authorization is None


def test_each_kind_of_proxy_says_what_it_needs() -> None:
    kinds = {scheme: Proxy(scheme, "a", 1) for scheme in ("http", "https", "socks4", "socks4a", "socks5", "socks5h")}
    assert [name for name, proxy in kinds.items() if proxy.is_tls] == ["https"]
    assert [name for name, proxy in kinds.items() if proxy.resolves_locally] == ["socks4", "socks5"]
    assert [name for name, proxy in kinds.items() if not proxy.needs_tunnel(False)] == ["http", "https"]
    assert all(proxy.needs_tunnel(True) for proxy in kinds.values())


# CONNECT.


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("host", "authority"),
    [
        ("example.com", "example.com:443"),
        ("192.0.2.1", "192.0.2.1:443"),
        ("2001:db8::1", "[2001:db8::1]:443"),
        ("fe80::1%25eth0", "[fe80::1]:443"),
        ("::", "[::]:443"),
    ],
)
def test_connect_names_the_server(scheme: str, host: str, authority: str) -> None:
    request = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: webqq\r\n\r\n".encode()
    play(Proxy(scheme, "a", 1), [(request, b"HTTP/1.1 200 OK\r\n\r\n")], host)


def test_connect_carries_the_credentials() -> None:
    outgoing = handshake_for(replace(HTTP, username="tom", password="a:b"), "example.com", 80).take_outgoing()
    value = outgoing.partition(b"Proxy-Authorization: Basic ")[2].removesuffix(b"\r\n\r\n")
    assert b64decode(value) == b"tom:a:b"
    assert outgoing.startswith(b"CONNECT example.com:80 ")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 Connection established\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 200 \r\nVia:1.1 squid\r\nX-Empty:\r\n\r\n",
        b"HTTP/1.1 299 \xe4\xb8\xad\xe6\x96\x87\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_any_2xx_opens_the_tunnel_whatever_its_framing(answer: bytes) -> None:
    play(HTTP, [(handshake_for(HTTP, "example.com", 443).take_outgoing(), answer)])


@pytest.mark.parametrize("status", [101, 301, 403, 404, 502, 999])
def test_other_status_is_a_refusal_that_keeps_it(status: int) -> None:
    error = refusal(HTTP, b"HTTP/1.1 %d Because\r\n\r\n" % status)
    assert (error.status, str(error)) == (status, f"the proxy answered {status} Because to CONNECT")


def test_status_407_tells_whether_credentials_are_missing_or_refused() -> None:
    answer = b"HTTP/1.1 407 Nope\r\nProxy-Authenticate: Digest realm=x\r\nproxy-authenticate: Basic\r\n\r\n"
    error = refusal(HTTP, answer)
    assert error.status == 407
    assert "wants credentials" in str(error)
    assert "takes Digest, Basic" in str(error)
    error = refusal(replace(HTTP, username="tom", password=SECRET), b"HTTP/1.1 407\r\n\r\n")
    assert str(error) == "the proxy refuses the credentials: it answered 407 to CONNECT and takes nothing"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x05\xff\x00\x00\x00\x00\x00",
        b"HTTP/1.1 2000\r\n\r\n",
        b"HTTP/1.1 +20\r\n\r\n",
        b"HTTP/1.1 020 x\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.1 200 O\0K\r\n\r\n",
        b"HTTP/1.1 200 OK\nA: b\r\n\r\n",
        b"HTTP/1.1 200 OK\rA: b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
    ],
)
def test_answer_to_connect_that_is_no_http_is_an_error(answer: bytes) -> None:
    with pytest.raises(ProxyError, match=r"answer") as caught:
        handshake_for(HTTP, "example.com", 443).feed(answer)
    assert caught.value.status is None


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\n\n", b"HTTP/1.1 200 OK\r\nA: b\n", b"HTTP/1.\n"])
def test_line_end_without_cr_is_an_error_as_soon_as_it_is_there(answer: bytes) -> None:
    for size in (1, len(answer)):
        handshake = handshake_for(HTTP, "example.com", 443)
        with pytest.raises(ProxyError, match="LF without CR"):
            feed_all(handshake, [answer[index : index + size] for index in range(0, len(answer), size)])


def test_line_end_that_comes_in_two_pieces_is_one() -> None:
    handshake = handshake_for(HTTP, "example.com", 443)
    feed_all(handshake, [b"HTTP/1.1 200 OK\r", b"\n", b"\r"])
    assert handshake.feed(b"\n")


@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize("is_whole", [False, True])
def test_head_of_the_proxys_answer_is_bounded(in_pieces: bool, is_whole: bool) -> None:
    answer = b"HTTP/1.1 200 OK\r\nA: " + b"b" * HEAD_LIMIT + (b"\r\n\r\n" if is_whole else b"")
    size = 1000 if in_pieces else len(answer)
    handshake = handshake_for(HTTP, "example.com", 443)
    with pytest.raises(ProxyError, match=f"more than {HEAD_LIMIT} bytes"):
        feed_all(handshake, [answer[index : index + size] for index in range(0, len(answer), size)])


def test_head_of_just_the_limit_is_taken() -> None:
    head = b"HTTP/1.1 200 OK\r\nA: "
    # The first 7 bytes are read by themselves.
    head += b"b" * (HEAD_LIMIT + 7 - len(head) - 4) + b"\r\n\r\n"
    assert handshake_for(HTTP, "example.com", 443).feed(head)
    with pytest.raises(ProxyError):
        handshake_for(HTTP, "example.com", 443).feed(head[:-4] + b"b\r\n\r\n")


def test_interim_answers_are_bounded() -> None:
    interim, final = b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    assert handshake_for(HTTP, "example.com", 443).feed(interim * INTERIM_LIMIT + final)
    with pytest.raises(ProxyError, match="interim"):
        handshake_for(HTTP, "example.com", 443).feed(interim * (INTERIM_LIMIT + 1))


def test_limit_is_for_each_head() -> None:
    field = b"A: " + b"b" * (HEAD_LIMIT - 1000) + b"\r\n\r\n"
    answer = b"HTTP/1.1 103 Hints\r\n" + field + b"HTTP/1.1 200 OK\r\n" + field
    assert handshake_for(HTTP, "example.com", 443).feed(answer)


# SOCKS4: the bytes of Ying-Da Lee's memos.

GRANTED = bytes((0, 90, 0, 0, 0, 0, 0, 0))


def test_socks4_sends_the_address_that_was_found_here() -> None:
    request = bytes((4, 1, 0x01, 0xBB, 192, 0, 2, 7, 0))
    play(Proxy("socks4", "a", 1), [(request, GRANTED)], address="192.0.2.7")
    play(Proxy("socks4", "a", 1), [(request, GRANTED)], host="192.0.2.7")


def test_socks4_sends_the_user_name() -> None:
    request = bytes((4, 1, 0x01, 0xBB, 192, 0, 2, 7)) + b"tom\0"
    play(Proxy("socks4", "a", 1, "tom"), [(request, GRANTED)], host="192.0.2.7")


def test_socks4a_sends_the_name_whatever_was_found_here() -> None:
    request = bytes((4, 1, 0, 80, 0, 0, 0, 1)) + b"tom\0example.com\0"
    play(Proxy("socks4a", "a", 1, "tom"), [(request, GRANTED)], port=80, address="192.0.2.7")


def test_socks4a_sends_an_address_that_the_url_spells() -> None:
    request = bytes((4, 1, 0x01, 0xBB, 192, 0, 2, 7, 0))
    play(Proxy("socks4a", "a", 1), [(request, GRANTED)], host="192.0.2.7")


@pytest.mark.parametrize(
    ("scheme", "host", "address"),
    [
        ("socks4", "example.com", None),
        ("socks4", "example.com", "2001:db8::1"),
        ("socks4", "::1", None),
        ("socks4a", "::1", None),
        ("socks5", "example.com", None),
        ("socks5h", "a" * 256, None),
    ],
)
def test_destination_that_the_protocol_cannot_name_is_refused(scheme: str, host: str, address: str | None) -> None:
    with pytest.raises(InvalidRequest, match=r"^host"):
        handshake_for(Proxy(scheme, "a", 1), host, 443, address)


@pytest.mark.parametrize(
    ("code", "words"),
    [(91, "rejected or failed"), (92, "identd"), (93, "another user"), (94, "unknown reply")],
)
def test_socks4_refusals_are_put_into_words(code: int, words: str) -> None:
    error = refusal(Proxy("socks4a", "a", 1), bytes((0, code)) + bytes(6))
    assert words in str(error)
    assert f"({code})" in str(error)
    assert error.status is None


def test_socks4_answer_with_another_version_is_an_error() -> None:
    assert "does not answer in SOCKS4" in str(refusal(Proxy("socks4a", "a", 1), b"HTTP/1.1"))


# SOCKS5: the bytes of RFC 1928 and RFC 1929.

SOCKS5H = Proxy("socks5h", "a", 1)
WITH_PASSWORD = replace(SOCKS5H, username="tom", password=SECRET)
NAMED = b"\x05\x01\x00\x03\x0bexample.com\x01\xbb"
BOUND = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


@pytest.mark.parametrize(
    "bound",
    [BOUND, b"\x05\x00\x00\x03\x03a.b\x12\x34", b"\x05\x00\x00\x03\x00\x12\x34", b"\x05\x00\x00\x04" + bytes(18)],
    ids=["IPv4", "name", "empty name", "IPv6"],
)
def test_socks5h_sends_the_name_and_skips_the_bound_address(bound: bytes) -> None:
    play(SOCKS5H, [(b"\x05\x01\x00", b"\x05\x00"), (NAMED, bound)], address="192.0.2.7")


@pytest.mark.parametrize(
    ("scheme", "host", "address", "destination"),
    [
        ("socks5", "example.com", "192.0.2.7", b"\x01\xc0\x00\x02\x07"),
        ("socks5", "example.com", "2001:db8::1", b"\x04\x20\x01\x0d\xb8" + bytes(11) + b"\x01"),
        ("socks5", "192.0.2.7", None, b"\x01\xc0\x00\x02\x07"),
        ("socks5h", "192.0.2.7", None, b"\x01\xc0\x00\x02\x07"),
        ("socks5h", "fe80::1%25eth0", None, b"\x04\xfe\x80" + bytes(13) + b"\x01"),
        ("socks5h", "a" * 255, None, b"\x03\xff" + b"a" * 255),
    ],
)
def test_socks5_sends_addresses_as_such(scheme: str, host: str, address: str | None, destination: bytes) -> None:
    request = b"\x05\x01\x00" + destination + b"\x01\xbb"
    play(Proxy(scheme, "a", 1), [(b"\x05\x01\x00", b"\x05\x00"), (request, BOUND)], host, address=address)


def test_socks5_gives_the_credentials_where_the_proxy_asks() -> None:
    greeting, credentials = b"\x05\x02\x00\x02", b"\x01\x03tom\x07hunter2"
    play(WITH_PASSWORD, [(greeting, b"\x05\x02"), (credentials, b"\x01\x00"), (NAMED, BOUND)])
    play(WITH_PASSWORD, [(greeting, b"\x05\x02"), (credentials, b"\x05\x00"), (NAMED, BOUND)])
    play(WITH_PASSWORD, [(greeting, b"\x05\x00"), (NAMED, BOUND)])
    nothing = replace(WITH_PASSWORD, password=None)
    play(nothing, [(greeting, b"\x05\x02"), (b"\x01\x03tom\x00", b"\x01\x00"), (NAMED, BOUND)])


def test_longest_credentials_of_socks5_fit_their_byte() -> None:
    proxy = replace(SOCKS5H, username="u" * 255, password="p" * 255)
    handshake = handshake_for(proxy, "example.com", 443)
    handshake.take_outgoing()
    handshake.feed(b"\x05\x02")
    assert handshake.take_outgoing() == b"\x01\xff" + b"u" * 255 + b"\xff" + b"p" * 255


@pytest.mark.parametrize(
    ("proxy", "answers", "words"),
    [
        (SOCKS5H, [b"HT"], "does not answer in SOCKS5"),
        (SOCKS5H, [b"\x04\x00"], "does not answer in SOCKS5"),
        (SOCKS5H, [b"\x05\xff"], "wants credentials"),
        (WITH_PASSWORD, [b"\x05\xff"], "takes neither"),
        (SOCKS5H, [b"\x05\x02"], "method 2, which was not offered"),
        (WITH_PASSWORD, [b"\x05\x01"], "method 1, which was not offered"),
        (WITH_PASSWORD, [b"\x05\x02", b"\x01\x01"], "refuses the credentials"),
        (SOCKS5H, [b"\x05\x00", b"\x04\x00"], "version 4"),
        (SOCKS5H, [b"\x05\x00", b"\x05\x00\x00\x02"], "unknown type 2"),
        (SOCKS5H, [b"\x05\x00", b"\x05\x09"], "unknown reply (9)"),
    ],
)
def test_socks5_proxy_that_refuses_or_breaks_the_rules(proxy: Proxy, answers: list[bytes], words: str) -> None:
    error = refusal(proxy, *answers)
    assert words in str(error)
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "general failure"),
        (2, "rules"),
        (3, "network unreachable"),
        (4, "host unreachable"),
        (5, "refused the connection"),
        (6, "time to live"),
        (7, "command"),
        (8, "type of address"),
    ],
)
def test_socks5_refusals_are_put_into_words_as_soon_as_their_code_is_there(code: int, words: str) -> None:
    error = refusal(SOCKS5H, b"\x05\x00", bytes((5, code)))
    assert words in str(error)
    assert f"({code})" in str(error)


# What holds for all of them.

OPENINGS = [
    (HTTP, [b"HTTP/1.1 200 OK\r\n\r\n"]),
    (Proxy("socks4a", "a", 1), [GRANTED]),
    (SOCKS5H, [b"\x05\x00", BOUND]),
]


@pytest.mark.parametrize(("proxy", "answers"), OPENINGS)
def test_more_than_the_answer_is_an_error(proxy: Proxy, answers: list[bytes]) -> None:
    handshake = handshake_for(proxy, "example.com", 443)
    with pytest.raises(ProxyError, match="more than its answer"):
        handshake.feed(b"".join(answers) + b"x")
    handshake = handshake_for(proxy, "example.com", 443)
    assert handshake.feed(b"".join(answers))
    with pytest.raises(ProxyError, match="more than its answer"):
        handshake.feed(b"x")


@pytest.mark.parametrize(("proxy", "answers"), OPENINGS)
def test_end_before_the_tunnel_stands_is_an_error(proxy: Proxy, answers: list[bytes]) -> None:
    whole = b"".join(answers)
    for length in range(len(whole)):
        handshake = handshake_for(proxy, "example.com", 443)
        if length:
            assert handshake.feed(whole[:length]) is False
        with pytest.raises(ProxyError, match="closed the connection"):
            handshake.feed(b"")


@pytest.mark.parametrize("host", ["", "a b", "a\r\nb", "a\0b", "a/b", "a:b", "tom@a", "[::1]", "ü", "a%20b"])
@pytest.mark.parametrize(("proxy", "answers"), OPENINGS)
def test_host_that_could_mean_something_else_is_never_sent(proxy: Proxy, answers: list[bytes], host: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^host"):
        handshake_for(proxy, host, 443)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(InvalidRequest, match=r"^port"):
        handshake_for(HTTP, "example.com", port)


@given(st.sampled_from([proxy for proxy, _ in OPENINGS]), st.lists(st.binary(min_size=1, max_size=20), max_size=5))
def test_no_answer_does_worse_than_ending_the_handshake(proxy: Proxy, pieces: list[bytes]) -> None:
    handshake = handshake_for(proxy, "example.com", 443)
    with suppress(ProxyError):
        feed_all(handshake, pieces)


@pytest.mark.parametrize(("username", "password"), [("me", "a:b"), ("ü", ""), ("", "x")])
def test_basic_credentials_are_read_as_they_are_written(username: str, password: str) -> None:
    said = replace(HTTP, username=username, password=password).authorization
    assert said is not None
    assert basic_credentials(said) == (username, password)


@pytest.mark.parametrize("said", ["", "Basic", "Basic ***", "Basic bm9uZQ==", "Bearer bTpw", "Basic /////w=="])
def test_what_are_no_basic_credentials(said: str) -> None:
    assert basic_credentials(said) is None
