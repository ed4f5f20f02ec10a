"""The chat page's files as they are served: under a version that changes when any of them does.

A browser then keeps all of them for good and asks for the start page alone, which names the present version. Without
that it would ask for each of some sixty small files whenever the page is opened.
"""

import re
from hashlib import blake2b
from pathlib import Path

__all__ = ["WEB", "PageFiles"]

WEB = Path(__file__).with_name("web")

# What the start page loads, all beside it: a module, a style sheet, pictures and the parts of one.
_ADDRESS = re.compile(r'( (?:href|src)=")(?=[\w/-]+\.(?:css|js|svg)[#"])')


class PageFiles:
    """The page as it is at the gateway's start.

    :param folder: where its files are.
    """

    def __init__(self, folder: Path) -> None:
        digest = blake2b(digest_size=8)
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        self.version = digest.hexdigest()
        """Sixteen hexadecimal digits."""
        text = (folder / "index.html").read_text("utf-8")
        self.index = _ADDRESS.sub(rf"\g<1>{self.version}/", text).encode()
        """The start page."""
