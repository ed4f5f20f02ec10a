"""Digest authentication, and how challenges are read."""

import hashlib
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream.digest import MAX_CHALLENGES, MAX_ORIGINS, Challenge, Digest, parse_challenges
from webqq.httpstream.origin import Origin

ORIGIN = Origin("https", "example.com", 443)
# RFC 7616 3.9.1, 3.9.2 (with the values of erratum 4897) and RFC 2617 3.5.
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
REALM = 'Digest realm="http-auth@example.org", qop="auth, auth-int"'
SHA_256 = f'{REALM}, algorithm=SHA-256, nonce="{NONCE}", opaque="{OPAQUE}"'
MD5 = f'{REALM}, algorithm=MD5, nonce="{NONCE}", opaque="{OPAQUE}"'
OLD = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
STALE = 'Digest realm="r", qop="auth", stale=TRUE, nonce="{}"'


def headers(*lines: str, name: str = "WWW-Authenticate") -> Message:
    message = Message()
    for line in lines:
        message[name] = line
    return message


def answer(
    *lines: str,
    user: tuple[str, str] = ("Mufasa", "Circle of Life"),
    cnonce: str = CNONCE,
    target: str = "/dir/index.html",
) -> dict[str, str]:
    credentials = Digest(*user).for_origin(ORIGIN)
    assert credentials.challenge(401, headers(*lines))
    return params(credentials.header_for("GET", target, lambda: cnonce))


def params(header: str | None) -> dict[str, str]:
    assert header is not None
    (challenge,) = parse_challenges([header])
    assert challenge.scheme == "digest"
    return challenge.params


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


# The examples of the RFCs.


def test_header_is_spelled_as_in_the_rfc() -> None:
    credentials = Digest("Mufasa", "Circle of Life").for_origin(ORIGIN)
    credentials.challenge(401, headers(MD5))
    assert credentials.header_for("GET", "/dir/index.html", lambda: CNONCE) == (
        f'Digest username="Mufasa", realm="http-auth@example.org", nonce="{NONCE}", uri="/dir/index.html", '
        f'response="8ca523f5e9506fed4657c9700eebdbec", algorithm=MD5, opaque="{OPAQUE}", '
        f'qop=auth, nc=00000001, cnonce="{CNONCE}"'
    )


def test_sha_256_is_that_of_the_rfc_and_taken_before_md5() -> None:
    for lines in ((MD5, SHA_256), (SHA_256, MD5), (f"{MD5}, {SHA_256}",)):
        sent = answer(*lines)
        assert sent["algorithm"] == "SHA-256"
        assert sent["response"] == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"


def test_sha_512_256_userhash_and_utf_8_are_those_of_the_rfc() -> None:
    sent = answer(
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", '
        'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
        user=("J\u00e4s\u00f8n Doe", "Secret, or not?"),
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        target="/doe.json",
    )
    assert sent["userhash"] == "true"
    assert sent["username"] == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert sent["response"] == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"


def test_no_algorithm_is_md5_as_in_rfc_2617() -> None:
    sent = answer(OLD + ', qop="auth,auth-int"', user=("Mufasa", "Circle Of Life"), cnonce="0a4f113b")
    assert sent["response"] == "6629fae49393a05397450978507c4ef1"
    assert "algorithm" not in sent
    assert "opaque" not in sent


@pytest.mark.parametrize("qop", ["", ', qop=""'])
def test_no_qop_is_answered_as_in_rfc_2069(qop: str) -> None:
    sent = answer(OLD + qop, user=("Mufasa", "CircleOfLife"))
    assert sent["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert not {"qop", "nc", "cnonce"} & set(sent)


# What else a challenge may say.


def test_session_keeps_the_first_cnonce_in_its_key() -> None:
    credentials = Digest("u", "p").for_origin(ORIGIN)
    assert credentials.challenge(401, headers('Digest realm="r", nonce="n", qop=auth, algorithm=md5-SESS'))
    cnonces = iter(["first", "second"])
    key = md5(md5("u:r:p") + ":n:first")
    for count in ("00000001", "00000002"):
        sent = params(credentials.header_for("GET", "/", lambda: next(cnonces)))
        assert (sent["nc"], sent["cnonce"], sent["algorithm"]) == (count, "first", "md5-SESS")
        assert sent["response"] == md5(f"{key}:n:{count}:first:auth:{md5('GET:/')}")


def test_equally_strong_ones_are_taken_in_the_servers_order() -> None:
    sha_512 = SHA_256.replace("SHA-256", "SHA-512-256")
    assert answer(sha_512, SHA_256)["algorithm"] == "SHA-512-256"
    assert answer(SHA_256, sha_512)["algorithm"] == "SHA-256"


def test_quotes_are_undone_for_the_hash_and_done_again_for_the_header() -> None:
    sent = answer(r'Digest realm="a\"b\\c", nonce="n"', user=('q"u', "p"), target='/"')
    assert (sent["realm"], sent["username"], sent["uri"]) == (r'a"b\c', 'q"u', '/"')
    assert sent["response"] == md5(
        f"{md5('q' + chr(34) + 'u:a' + chr(34) + 'b' + chr(92) + 'c:p')}:n:{md5('GET:/' + chr(34))}"
    )


def test_realm_may_be_missing() -> None:
    assert answer('Digest nonce="n"', user=("u", "p"))["response"] == md5(
        f"{md5('u::p')}:n:{md5('GET:/dir/index.html')}"
    )


@pytest.mark.parametrize(
    ("charset", "name", "sent_name", "sent_value", "raw"),
    [
        (", charset=utf-8", "\u00e4", "username*", "UTF-8''%C3%A4", b"\xc3\xa4"),
        ("", "\u00e4", "username", "\u00e4", b"\xe4"),
        ("", "\u4eac", "username", "\u4eac".encode().decode("latin-1"), "\u4eac".encode()),
    ],
)
def test_name_beyond_ascii(charset: str, name: str, sent_name: str, sent_value: str, raw: bytes) -> None:
    sent = answer('Digest realm="r", nonce="n"' + charset, user=(name, "p"))
    assert sent[sent_name] == sent_value
    key = hashlib.md5(raw + b":r:p", usedforsecurity=False).hexdigest()
    assert sent["response"] == md5(f"{key}:n:{md5('GET:/dir/index.html')}")


def test_header_of_digest_never_holds_the_password() -> None:
    assert "Circle" not in str(answer(MD5))
    assert "Circle" not in repr(Digest("Mufasa", "Circle of Life"))


@pytest.mark.parametrize("user", [("a\n", "b"), ("a", "b\x00")])
def test_control_characters_are_refused(user: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="control"):
        Digest(*user)


@pytest.mark.parametrize(
    "line",
    [
        'Basic realm="x"',
        'Digest realm="x"',
        'Digest realm="x", nonce="n", algorithm=SHA-1',
        'Digest realm="x", nonce="n", qop="auth-int"',
        'Digest realm="x", nonce="n", qop=","',
        'Digest realm="x", nonce="n", algorithm=MD5-sess',
        "",
    ],
)
def test_challenge_that_cannot_be_met_is_left_to_the_caller(line: str) -> None:
    credentials = Digest("u", "p").for_origin(ORIGIN)
    assert not credentials.challenge(401, headers(line))
    assert credentials.header_for("GET", "/", str) is None


# The course of an exchange, and of the next one.


def test_nonce_is_used_unasked_by_the_next_exchange_with_the_origin() -> None:
    digest = Digest("u", "p")
    first = digest.for_origin(ORIGIN)
    assert first.header_for("GET", "/", str) is None
    assert first.challenge(401, headers(MD5))
    cnonces = iter("ab")
    assert params(first.header_for("GET", "/", lambda: next(cnonces)))["nc"] == "00000001"
    sent = params(digest.for_origin(ORIGIN).header_for("GET", "/", lambda: next(cnonces)))
    assert (sent["nonce"], sent["nc"], sent["cnonce"]) == (NONCE, "00000002", "b")


@pytest.mark.parametrize("other", [("http", "example.com", 443), ("https", "example.com", 444), ("https", "a", 443)])
def test_nonce_stays_with_its_origin(other: tuple[str, str, int]) -> None:
    digest = Digest("u", "p")
    assert digest.for_origin(ORIGIN).challenge(401, headers(MD5))
    assert digest.for_origin(Origin(*other)).header_for("GET", "/", str) is None


def test_second_refusal_is_final() -> None:
    credentials = Digest("u", "p").for_origin(ORIGIN)
    assert credentials.challenge(401, headers(MD5))
    assert not credentials.challenge(401, headers(MD5))


def test_stale_nonce_is_changed_for_the_new_one_a_few_times() -> None:
    credentials = Digest("u", "p").for_origin(ORIGIN)
    taken = 0
    while credentials.challenge(401, headers(STALE.format(taken))):
        assert params(credentials.header_for("GET", "/", str))["nonce"] == str(taken)
        taken += 1
    assert taken == MAX_CHALLENGES


def test_refusal_of_a_kept_nonce_is_answered_once_though_it_is_not_called_stale() -> None:
    digest = Digest("u", "p")
    digest.for_origin(ORIGIN).challenge(401, headers(MD5))
    later = digest.for_origin(ORIGIN)
    assert later.header_for("GET", "/", str) is not None
    assert later.challenge(401, headers(OLD))
    assert params(later.header_for("GET", "/", str))["realm"] == "testrealm@host.com"
    assert not later.challenge(401, headers(OLD))


def test_proxy_asks_in_its_own_header() -> None:
    credentials = Digest("u", "p").for_origin(ORIGIN)
    asked = headers(MD5, name="Proxy-Authenticate")
    assert not credentials.challenge(401, asked)
    assert not credentials.challenge(403, asked)
    assert credentials.challenge(407, asked)


def test_nonces_that_are_kept_are_bounded() -> None:
    digest = Digest("u", "p")
    origins = [Origin("https", f"h{number}", 443) for number in range(MAX_ORIGINS + 1)]
    for origin in origins:
        digest.for_origin(origin).challenge(401, headers(MD5))
    known = [origin for origin in origins if digest.for_origin(origin).header_for("GET", "/", str)]
    assert known == origins[1:]


# Reading challenges.


def test_challenges_of_rfc_9110_are_told_apart() -> None:
    line = 'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'
    expected = [
        Challenge("basic", {"realm": "simple"}),
        Challenge("newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}),
    ]
    assert parse_challenges([line]) == expected
    assert parse_challenges(['Basic realm="simple"', line.partition(", ")[2]]) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Negotiate", [Challenge("negotiate")]),
        ("Negotiate, NTLM", [Challenge("negotiate"), Challenge("ntlm")]),
        ("Negotiate YWJj==, Basic realm=x", [Challenge("negotiate", {}, "YWJj=="), Challenge("basic", {"realm": "x"})]),
        ("Negotiate YWJj", [Challenge("negotiate", {}, "YWJj")]),
        ("Basic", [Challenge("basic")]),
        ("Basic ", [Challenge("basic")]),
        ('BASIC REALM="x"', [Challenge("basic", {"realm": "x"})]),
        ('Basic realm = "x" , charset\t=\tUTF-8', [Challenge("basic", {"realm": "x", "charset": "UTF-8"})]),
        (',, Basic ,realm="x",,', [Challenge("basic", {"realm": "x"})]),
        ('Basic realm="a, Digest b=c"', [Challenge("basic", {"realm": "a, Digest b=c"})]),
        ('Basic realm="x", realm="y"', [Challenge("basic", {"realm": "x"})]),
        ('Basic realm=""', [Challenge("basic", {"realm": ""})]),
        ("Digest nonce=YWJj==, qop=auth", [Challenge("digest", {"nonce": "YWJj==", "qop": "auth"})]),
        # Broken ones: what can be read is.
        ('Digest nonce="a" qop="auth"', [Challenge("digest", {"nonce": "a", "qop": "auth"})]),
        (
            'Digest nonce="a", realm="never closed, qop="',
            [Challenge("digest", {"nonce": "a", "realm": "never closed, qop="})],
        ),
        ('Digest nonce="a", realm="never closed', [Challenge("digest", {"nonce": "a"})]),
        ('realm="of nobody", Basic realm="x"', [Challenge("basic", {"realm": "x"})]),
        ('"quoted", (odd), Basic realm="x"', [Challenge("basic", {"realm": "x"})]),
        ("(odd)", []),
        ("=", []),
        ("", []),
    ],
)
def test_challenges_are_read_as_far_as_they_go(line: str, expected: list[Challenge]) -> None:
    assert parse_challenges([line]) == expected


@given(st.lists(st.text() | st.text(st.sampled_from('aB=", \t\\;')), max_size=3))
def test_no_line_breaks_the_parser(lines: list[str]) -> None:
    for challenge in parse_challenges(lines):
        assert challenge.scheme == challenge.scheme.lower() != ""


@pytest.mark.parametrize("piece", ["a ", "a=", '"', 'a="', "a,", " ", "\\", "=", "a= "])
def test_long_lines_are_read_in_one_go(piece: str) -> None:
    # Were the time quadratic, the test would not end.
    assert len(parse_challenges([piece * 60_000])) <= 60_000
