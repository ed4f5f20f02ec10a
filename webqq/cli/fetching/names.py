"""Names of files from URLs: they stay in their folder, hide nothing, and no two of a run are the same. Pure."""

import re
from hashlib import sha256
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

__all__ = ["LONGEST_NAME", "PART", "RECORD", "Names", "name_of"]

PART = ".part"
"""What is added to the name of a file that is not whole yet."""
RECORD = ".part.json"
"""The same for what is known of it."""

LONGEST_NAME = 200
"""Bytes of a name; file systems take 255, and something is added to it."""

_FOR_FOLDERS = "index.html"
# Neither separators and control characters, nor what shells and other systems give a meaning of its own.
_UNSAFE = re.compile(r"[^\w.+=,@~()\[\]{} -]")


def name_of(url: str) -> str:
    """A name for what ``url`` leads to: the end of its path and the query, without what is not safe in a name.

    >>> name_of("https://example.com/files/a.txt?page=2"), name_of("https://example.com/files/")
    ('a.txt@page=2', 'index.html')
    >>> name_of("https://example.com/%2e%2e%2fetc%2fpasswd")
    '_.._etc_passwd'
    """
    parts = urlsplit(url)
    leaf = parts.path.rpartition("/")[2] or _FOR_FOLDERS
    name = _UNSAFE.sub("_", unquote(leaf) + ("@" + unquote(parts.query) if parts.query else ""))
    if name[0] in ".- ":
        # Neither a hidden file nor a folder above, nor what commands take for an option.
        name = "_" + name
    if name.endswith((PART, RECORD, " ")):
        name += "_"
    return name if len(name.encode()) <= LONGEST_NAME else _marked(name, url)


def _marked(name: str, url: str, count: int = 1) -> str:
    """``name`` with a mark of ``url`` before its extension, cut to a length that fits."""
    mark = "-" + sha256(url.encode()).hexdigest()[:8] + (f"-{count}" if count > 1 else "")
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 16:
        stem, dot, extension = name, "", ""
    room = LONGEST_NAME - len((mark + dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore") + mark + dot + extension


class Names:
    """The names given in one run. The same URLs in the same order get the same names."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, url: str) -> str:
        """A name for ``url``: where another has it already, with a mark of the URL in it."""
        name = plain = name_of(url)
        count = 0
        while (key := _folded(name)) in self._taken:
            count += 1
            name = _marked(plain, url, count)
        self._taken.add(key)
        return name


def _folded(name: str) -> str:
    # Some file systems do not tell these apart.
    return normalize("NFC", name).casefold()
