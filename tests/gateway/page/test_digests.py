"""What a sign-in and the list of friends are proved with, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import vectors


def test_password_digest_matches_the_vectors(js: Scripts):
    cases = vectors("password_md5_2013")
    found = js(
        """
        const { passwordDigest } = await import("/js/digests.js");
        const raw = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
        return args[0].map(({ password, salt_hex, verifycode }) => passwordDigest(password, raw(salt_hex), verifycode));
        """,
        cases,
    )
    assert found == [case["p"] for case in cases]


def test_friends_hash_matches_the_vectors(js: Scripts):
    cases = vectors("friends_hash_xor")
    found = js(
        """
        const { friendsHash } = await import("/js/digests.js");
        return args[0].map(({ uin, ptwebqq }) => friendsHash(uin, ptwebqq));
        """,
        cases,
    )
    assert found == [case["hash"] for case in cases]


def test_salt_is_eight_escapes_and_nothing_else(js: Scripts):
    cases = vectors("uin_salt")
    found, refused = js(
        r"""
        const { parseSalt } = await import("/js/digests.js");
        const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        const refused = ["", "\\x00", "00000000", "\\x00".repeat(9)].filter((salt) => {
          try { parseSalt(salt); } catch (error) { return error instanceof RangeError; }
        });
        return [args[0].map(({ salt_as_sent }) => hex(parseSalt(salt_as_sent))), refused.length];
        """,
        cases,
    )
    assert found == [case["salt_hex"] for case in cases]
    assert refused == 4
