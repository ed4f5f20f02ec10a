"""The answers of the ptlogin2 calls: one JavaScript call with quoted arguments.

Knows the quoting, not what the arguments mean (:mod:`.calls` does). Source: WebQQ protocol, responses, and
check.
"""

import re
from dataclasses import dataclass

from webqq.protocol.errors import MalformedMessage

__all__ = ["JSCall", "escape_salt", "parse_js_call", "parse_salt", "serialize_js_call"]

_CALL = re.compile(r"\s*([A-Za-z_$][\w$.]*)\s*\((.*)\)\s*;?\s*", re.DOTALL)
_ARGUMENT = re.compile(r"'([^']*)'")
_SALT = re.compile(r"(?:\\x[0-9A-Fa-f]{2})*")
_UNSAFE = re.compile(r"['\r\n]|\\\Z")


@dataclass(frozen=True, slots=True)
class JSCall:
    """A JavaScript call as it stands in an answer; escapes in the arguments stay as they are."""

    name: str
    args: tuple[str, ...]


def parse_js_call(text: str, call: str = "ptlogin2") -> JSCall:
    """Read ``name('a','b', 'c');``: the quoted strings in order; blanks, line ends and the semicolon are
    optional.

    :param call: what to name in an error.
    :raises MalformedMessage: the text is no such call.
    """
    match = _CALL.fullmatch(text)
    if match is None:
        raise MalformedMessage(call, "", f"expected a JavaScript call, got {len(text)} other characters")
    return JSCall(match[1], tuple(_ARGUMENT.findall(match[2])))


def serialize_js_call(
    call: JSCall, *, blank_before_last: bool = False, semicolon: bool = True, line_end: bool = False
) -> str:
    """Return the call as the service writes it.

    :param semicolon: end in one, as all but ptui_auth_CB do.
    :param blank_before_last: write a blank before the last argument, as ptuiCB has it.
    :param line_end: end the line after it, as ptuiCB does and ptui_checkVC does not; clients cut off exactly that.
    :raises ValueError: an argument cannot stand between single quotes; nothing is silently changed.
    """
    for index, arg in enumerate(call.args):
        if _UNSAFE.search(arg):
            raise ValueError(f"argument {index} of {call.name} has a quote, a line end or a last backslash")
    quoted = [f"'{arg}'" for arg in call.args]
    if blank_before_last:
        quoted[-1:] = [f" {arg}" for arg in quoted[-1:]]
    return f"{call.name}({','.join(quoted)})" + ";" * semicolon + "\r\n" * line_end


def escape_salt(salt: bytes) -> str:
    r"""Return bytes as check writes them: ``\xHH`` for each, in lower case.

    >>> print(escape_salt(b"\x05\xf8"))
    \x05\xf8
    """
    return "".join(f"\\x{byte:02x}" for byte in salt)


def parse_salt(text: str) -> bytes:
    r"""Return the bytes that ``\xHH`` escapes stand for.

    :raises MalformedMessage: the text holds something else.
    """
    if not _SALT.fullmatch(text):
        raise MalformedMessage("check", "salt", r"expected \xHH escapes only")
    return bytes.fromhex(text.replace("\\x", ""))
