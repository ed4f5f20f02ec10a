"""Cookies on disk, in the one format that browsers' tools, curl and ``http.cookiejar`` share: ``cookies.txt``.

A line for each cookie, seven fields with tabs between them: domain, whether it goes to hosts below, path, whether it
is secure, when it expires (0: with the session), name, value. ``#HttpOnly_`` in front marks such a cookie.
"""

import logging
import os
import re
import tempfile
from collections.abc import Callable
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from time import time

from webqq.httpstream.jar import HTTP_ONLY, created_order

__all__ = ["load_cookies", "save_cookies"]

logger = logging.getLogger("webqq.httpstream")

# The first line is asked for by MozillaCookieJar.
_HEAD = b"# Netscape HTTP Cookie File\n# This file holds sessions: whoever reads it can take them over.\n\n"
_HTTP_ONLY_PREFIX = "#HttpOnly_"
_FLAGS = {"TRUE": True, "FALSE": False}
_EXPIRES = re.compile(r"(-?[0-9]{1,18})(?:\.[0-9]*)?")
_UNFIT = re.compile(r"[\x00-\x1f\x7f]")


def save_cookies(
    jar: CookieJar, path: str | os.PathLike[str], *, session: bool = True, clock: Callable[[], float] = time
) -> None:
    """Write the cookies of ``jar``, of whatever kind, to the file at ``path``.

    The file is replaced as a whole, so that a program that is killed meanwhile leaves the old one, and is readable
    for its owner alone, also where it was not before. curl, ``MozillaCookieJar`` and :func:`load_cookies` read it.

    - ``session``: also those that end with the session. They are written as curl wants them, with 0, and that is
      a date to ``MozillaCookieJar``: it takes them for expired.
    - ``clock``: seconds since the epoch; what has expired is left out.

    What no such file can hold, a cookie with a tab in it, is left out with a warning. Raises ``OSError``.
    """
    now = clock()
    kept = (cookie for cookie in jar if not _is_over(cookie, now) and (session or cookie.expires is not None))
    # The file keeps no times: who reads it from its beginning has the cookies in the order they are to be sent in.
    lines = [_line_of(cookie) for cookie in sorted(kept, key=created_order)]
    _replace(Path(os.path.realpath(path)), _HEAD + b"".join(filter(None, lines)))


def load_cookies(jar: CookieJar, path: str | os.PathLike[str], *, clock: Callable[[], float] = time) -> int:
    """Put the cookies of the file at ``path`` into ``jar``, of whatever kind, and return how many they were.

    Those that have expired by ``clock`` are left out, and so is each line that is none, with a warning that names
    its number. Raises ``OSError``.
    """
    now = clock()
    count = 0
    for number, line in enumerate(Path(path).read_bytes().decode("latin-1").split("\n"), 1):
        text = line.removesuffix("\r")
        if not text.strip() or (text.startswith("#") and not text.startswith(_HTTP_ONLY_PREFIX)):
            continue
        cookie = _parse_line(text)
        if cookie is None:
            # Not the line: it may hold somebody's session.
            logger.warning("line %d of %s is no cookie", number, os.fspath(path))
        elif not _is_over(cookie, now):
            jar.set_cookie(cookie)
            count += 1
    return count


def _is_over(cookie: Cookie, now: float) -> bool:
    return cookie.expires is not None and cookie.expires <= now


def _line_of(cookie: Cookie) -> bytes | None:
    # A cookie without "=" has no name; the standard library puts its value there.
    name, value = (cookie.name, cookie.value) if cookie.value is not None else ("", cookie.name)
    is_http_only = any(cookie.has_nonstandard_attr(spelling) for spelling in (HTTP_ONLY, "HttpOnly", "httponly"))
    fields = (
        cookie.domain,
        "TRUE" if cookie.domain.startswith(".") else "FALSE",
        cookie.path,
        "TRUE" if cookie.secure else "FALSE",
        str(int(cookie.expires or 0)),
        name,
        value,
    )
    if any(_UNFIT.search(field) for field in fields):
        logger.warning("the cookie %r of %s cannot be saved: it holds a control character", name, cookie.domain)
        return None
    line = (_HTTP_ONLY_PREFIX if is_http_only else "") + "\t".join(fields) + "\n"
    try:
        return line.encode("latin-1")
    except UnicodeEncodeError:
        # From a jar that read it as UTF-8: these are the octets that came over the wire.
        return line.encode()


def _parse_line(line: str) -> Cookie | None:
    fields = line.removeprefix(_HTTP_ONLY_PREFIX).split("\t")
    if len(fields) == 6:
        fields.append("")  # some writers leave an empty value's tab away
    if len(fields) != 7 or _UNFIT.search("".join(fields)) is not None:
        return None
    domain, goes_below, path, secure, expires, name, value = fields
    flags = _FLAGS.get(goes_below.upper()), _FLAGS.get(secure.upper())
    date = _EXPIRES.fullmatch(expires or "0")
    if None in flags or date is None or not domain.strip(".") or not path.startswith("/") or not (name or value):
        return None
    # The flag decides: curl's files have both or neither, others leave out the dot.
    domain = ("." if flags[0] else "") + domain.removeprefix(".").lower()
    rest = {HTTP_ONLY: ""} if line.startswith(_HTTP_ONLY_PREFIX) else {}
    return _make_cookie(domain, path, bool(flags[1]), int(date[1]) or None, name, value, rest)


def _make_cookie(
    domain: str, path: str, secure: bool, expires: int | None, name: str, value: str, rest: dict[str, str]
) -> Cookie:
    has_dot = domain.startswith(".")
    return Cookie(
        version=0,
        name=name or value,
        value=value if name else None,
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=has_dot,
        domain_initial_dot=has_dot,
        path=path,
        path_specified=True,
        secure=secure,
        expires=expires,
        discard=expires is None,
        comment=None,
        comment_url=None,
        rest=rest,
    )


def _replace(path: Path, data: bytes) -> None:
    # mkstemp gives the mode at birth: at no moment can another user open the file.
    fd, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    try:
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
