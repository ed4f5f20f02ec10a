"""Files of the data folder that are there whole or not at all, and for their owner alone."""

import os
from pathlib import Path

__all__ = ["write_private"]


def write_private(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, mode 0600, by way of a second name beside it: a start that was cut off leaves no
    half a file behind, and what stood there before stays until the new one is on the disk.

    :raises OSError: it cannot be written.
    """
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
