"""In a process of the crash test: ends it with SIGKILL at a point that its parent has named.

The parent writes ``[POINT, PASSES]`` as a line of JSON to the standard input. The process calls :meth:`Aim.passing`
wherever it passes a point; nothing of what it runs knows of that.
"""

import json
import os
import signal
import sys
import threading

__all__ = ["Aim", "say_ready"]


class Aim:
    """Where the process is to die. Usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._point = ""
        self._left = 0

    def listen(self) -> None:
        """Take aims from the standard input, as long as there is one; without it the process ends: it was orphaned."""
        threading.Thread(target=self._listen, daemon=True, name="aim").start()

    def _listen(self) -> None:
        for line in sys.stdin:
            self.arm(*json.loads(line))
        os.kill(os.getpid(), signal.SIGKILL)

    def arm(self, point: str, passes: int) -> None:
        """End the process when it passes ``point`` for the ``passes``-th time from now."""
        with self._lock:
            self._point, self._left = point, passes

    def passing(self, point: str) -> None:
        """The process is at ``point``. Does not return where it is to die there."""
        with self._lock:
            if point != self._point:
                return
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def say_ready() -> None:
    """Tell the parent that the process is at work."""
    print("ready", flush=True)
