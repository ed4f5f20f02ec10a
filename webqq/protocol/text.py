"""Entities and line ends of names and texts. Used inside this package only, see its docstring for where.

Source: WebQQ protocol, text.
"""

import html

__all__ = ["escape", "normalize_newlines", "unescape"]


def unescape(text: str) -> str:
    """Decode HTML entities once; a no-break space becomes a blank."""
    return html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")


def escape(text: str) -> str:
    """Write ``& < > "`` as entities, as the service delivers names and texts."""
    return html.escape(text, quote=False).replace('"', "&quot;")


def normalize_newlines(text: str) -> str:
    r"""Turn ``\r\n`` and ``\r``, which desktop clients send, into ``\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
