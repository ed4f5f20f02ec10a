"""Where the body of an answer goes: nowhere, to standard output, into a file."""

import os
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any, Protocol

from webqq.cli.fetching.files import PartFile
from webqq.cli.fetching.pipes import write_all
from webqq.cli.fetching.ranges import Meaning, http_date, judge, parse_content_range, validator_of
from webqq.cli.fetching.results import Outcome
from webqq.httpstream import ConnectionLost

__all__ = ["Binary", "Counted", "Printed", "Saved", "Sink"]

STDOUT = 1


class Binary(Exception):
    """A terminal is no place for what is no text."""


class Sink(Protocol):
    """Takes the body of one URL, maybe in several answers."""

    @property
    def file(self) -> str | None:
        """The name of the file that it becomes."""

    @property
    def size(self) -> int:
        """Bytes that are there."""

    @property
    def total(self) -> int | None:
        """Bytes that there will be; None: not known."""

    @property
    def can_go_on(self) -> bool:
        """Whether another request may still bring all of it, after an answer that was cut."""

    def headers(self) -> Mapping[str, str]:
        """What the next request has to say."""

    async def begin(self, response: Any) -> Meaning:
        """The head is there: what is to be done with the body."""

    async def write(self, data: bytes) -> None:
        """The next bytes of it."""

    def finish(self) -> Outcome:
        """It is whole. Raises :class:`ConnectionLost` where it is not."""

    def close(self) -> None:
        """There will be no more."""


class Counted:
    """For a body that nobody wants."""

    file = None
    can_go_on = True

    def __init__(self) -> None:
        self.size = 0
        self.total: int | None = None

    def headers(self) -> Mapping[str, str]:
        return {}

    async def begin(self, response: Any) -> Meaning:
        self.size = 0
        self.total = length_of(response)
        return Meaning.ANEW

    async def write(self, data: bytes) -> None:
        self.size += len(data)

    def finish(self) -> Outcome:
        return Outcome.ANSWERED

    def close(self) -> None:
        pass


class Printed(Counted):
    """For standard output; ``with_head``: status line and headers go before the body."""

    def __init__(self, fd: int = STDOUT, *, with_head: bool = False) -> None:
        super().__init__()
        self._fd = fd
        self._with_head = with_head

    @property
    def can_go_on(self) -> bool:  # type: ignore[override]  # told by what was written
        return not self.size

    async def begin(self, response: Any) -> Meaning:
        meaning = await super().begin(response)
        if self._with_head:
            await write_all(self._fd, _head_of(response))
        return meaning

    async def write(self, data: bytes) -> None:
        if not self.size and b"\0" in data and os.isatty(self._fd):
            raise Binary("the body is binary, and standard output a terminal: use -o DIR, or send it elsewhere")
        await super().write(data)
        await write_all(self._fd, data)


class Saved:
    """For the file ``path``; see :class:`PartFile`.

    ``is_resumable``: go on with what is there of it, and keep what will be. ``takes_range``: a part of the body is
    what was asked for. ``changed``: the time of the file that is there, for a request that brings it only where there
    is a newer one. Raises ``OSError``.
    """

    can_go_on = True

    def __init__(
        self,
        path: Path,
        url: str,
        *,
        is_resumable: bool = True,
        takes_range: bool = False,
        changed: float | None = None,
    ) -> None:
        self._file = PartFile(path, url)
        self._takes_range = takes_range
        self._is_resumable = is_resumable
        self._changed = changed
        self._new_changed: float | None = None
        self._is_resumed = False
        self._is_kept = False

    @property
    def file(self) -> str:
        return self._file.path.name

    @property
    def size(self) -> int:
        return self._file.size

    @property
    def total(self) -> int | None:
        return self._file.total

    def headers(self) -> Mapping[str, str]:
        partial = self._file.partial if self._is_resumable else None
        if partial is not None:
            return partial.headers
        return {} if self._changed is None else {"If-Modified-Since": formatdate(self._changed, usegmt=True)}

    async def begin(self, response: Any) -> Meaning:
        partial = self._file.partial if self._is_resumable else None
        meaning = judge(response.status, response.headers, partial)
        if response.status == 206 and self._takes_range:
            meaning = Meaning.ANEW
        self._new_changed = http_date(response.headers.get("Last-Modified"))
        if meaning is Meaning.ANEW:
            self._begin_anew(response)
        elif meaning is Meaning.APPEND:
            told = parse_content_range(response.headers.get("Content-Range"))
            assert told is not None
            self._file.go_on(told.total)
            self._is_resumed = True
        elif meaning is Meaning.AGAIN:
            self._file.begin(None, None)
        elif meaning is Meaning.WHOLE:
            self._file.go_on(self._file.size)
            self._is_resumed = True
        elif meaning is Meaning.UNCHANGED:
            self._is_kept = True
        return meaning

    def _begin_anew(self, response: Any) -> None:
        # What was decoded on its way has neither the length nor the ranges of what the server has.
        is_resumable = self._is_resumable and response.headers.get("Content-Encoding") is None
        self._file.begin(validator_of(response.headers) if is_resumable else None, length_of(response))
        self._is_resumed = False

    async def write(self, data: bytes) -> None:
        self._file.write(data)

    def finish(self) -> Outcome:
        if self._is_kept:
            return Outcome.UNCHANGED
        total, size = self._file.total, self._file.size
        if total is not None and size != total:
            raise ConnectionLost(f"the answer ended after {size} of {total} bytes")
        self._file.finish(self._new_changed)
        return Outcome.RESUMED if self._is_resumed else Outcome.SAVED

    def close(self) -> None:
        self._file.close()


def length_of(response: Any) -> int | None:
    """Bytes of the body as they will be handed over; None: not known."""
    text = response.headers.get("Content-Length", "")
    is_told = text.isascii() and text.isdigit() and response.headers.get("Content-Encoding") is None
    return int(text) if is_told else None


def _head_of(response: Any) -> bytes:
    version = f"HTTP/{response.version // 10}.{response.version % 10}"
    lines = [f"{version} {response.status} {response.reason}".rstrip()]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "surrogateescape")
