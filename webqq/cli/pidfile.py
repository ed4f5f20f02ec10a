"""A PID file that cannot be stale: what counts is a lock on it, which the kernel lets go when its holder ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from webqq.protocol.errors import WebQQError

__all__ = ["AlreadyRunning", "PIDFile"]


class AlreadyRunning(WebQQError):
    """Another process holds the PID file."""


class PIDFile:
    """The file ``path``, held as long as the context lasts. A left-over file is no obstacle."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def holder(self) -> int | None:
        """The PID of the process that holds the file, or None. 0 where it has not written its number yet."""
        try:
            fd = os.open(self.path, os.O_RDWR)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WebQQError(f"the PID file {self.path} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.read(fd, 20).strip()
            return int(text) if text.isdigit() else 0
        finally:
            os.close(fd)
        return None

    def __enter__(self) -> "PIDFile":
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise WebQQError(f"the PID file {self.path} cannot be made: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise AlreadyRunning(f"already running, as {self.path} says") from None
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._fd is not None:
            # Removed before it is let go: whoever takes the lock next has made a file of his own.
            self.path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = None
