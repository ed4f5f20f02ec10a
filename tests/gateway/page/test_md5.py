"""MD5 of the password's digest, run in the browser without a gateway."""

import hashlib

from tests.gateway.page.browser import Scripts


def test_md5_agrees_with_hashlib_around_every_block_boundary(js: Scripts):
    texts = ["字" * (length // 3) + "x" * (length % 3) for length in range(140)]
    found = js(
        """
        const { md5 } = await import("/js/md5.js");
        const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        return args[0].map((text) => hex(md5(new TextEncoder().encode(text))));
        """,
        texts,
    )
    assert found == [hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in texts]
