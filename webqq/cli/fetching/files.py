"""A file that comes over the network: under another name until it is whole, and kept where it is cut."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from webqq.cli.fetching.names import PART, RECORD
from webqq.cli.fetching.ranges import Partial

__all__ = ["InUse", "PartFile"]


class InUse(OSError):
    """Another process writes the same file."""


class PartFile:
    """The file ``path`` while it is written, as ``path`` with ``.part``; ``url`` is where it comes from.

    What is known of the version that it belongs to stands in ``.part.json``, so that another run may go on with it.
    Raises :class:`InUse`, and ``OSError`` where it cannot be made.
    """

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self._url = url
        self._part = path.with_name(path.name + PART)
        self._record = path.with_name(path.name + RECORD)
        self._fd: int | None = _open_locked(self._part)
        self.size = os.fstat(self._fd).st_size
        self._known = self._read_record()
        self.total: int | None = None

    @property
    def partial(self) -> Partial | None:
        """What may be continued; None: nothing."""
        known = self._known
        if not self.size or known is None:
            return None
        return Partial(self.size, known["validator"], known["total"])

    def begin(self, validator: str | None, total: int | None) -> None:
        """Start from nothing with another version; without a ``validator`` it can never be continued."""
        assert self._fd is not None
        self._record.unlink(missing_ok=True)
        os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        self.size = 0
        self.total = total
        self._known = None
        if validator is not None:
            self._known = {"url": self._url, "validator": validator, "total": total}
            # Before the first byte: there is never a part whose version nobody knows but that seems to have one.
            self._record.write_text(json.dumps(self._known), encoding="utf-8")

    def go_on(self, total: int | None) -> None:
        """Append to what is there."""
        assert self._fd is not None
        os.lseek(self._fd, 0, os.SEEK_END)
        self.total = total

    def write(self, data: bytes) -> None:
        """The next bytes. Raises ``OSError``."""
        assert self._fd is not None
        view = memoryview(data)
        while view:
            count = os.write(self._fd, view)
            self.size += count
            view = view[count:]

    def finish(self, changed: float | None) -> None:
        """It is whole: give it its name, and the time of its last change (seconds since 1970; None: now)."""
        assert self._fd is not None
        if changed is not None:
            os.utime(self._fd, (changed, changed))
        os.replace(self._part, self.path)
        self._record.unlink(missing_ok=True)
        self._close()

    def close(self) -> None:
        """Leave it for later where it can be continued, else take it away. After :meth:`finish` nothing is done."""
        if self._fd is None:
            return
        if self.partial is None:
            self._record.unlink(missing_ok=True)
            self._part.unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        assert self._fd is not None
        os.close(self._fd)
        self._fd = None

    def _read_record(self) -> dict[str, Any] | None:
        try:
            known = json.loads(self._record.read_bytes())
        except (OSError, ValueError):
            return None
        return known if _is_record(known) and known["url"] == self._url else None


def _is_record(known: object) -> bool:
    return (
        isinstance(known, dict)
        and isinstance(known.get("url"), str)
        and isinstance(known.get("validator"), str)
        and known["validator"].isprintable()
        and isinstance(known.get("total", ""), int | None)
    )


def _open_locked(path: Path) -> int:
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_same(fd, path):
                return fd
        except BlockingIOError:
            os.close(fd)
            raise InUse(f"another process is writing {path.name}") from None
        # Whoever had it locked has finished it: that is another file now.
        os.close(fd)


def _is_same(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False
