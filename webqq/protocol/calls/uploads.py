"""The answers of uploads: a page whose script calls back with an object.

Source: WebQQ protocol, sending pictures.
"""

import json
import re
from typing import Generic, TypeVar

from webqq.protocol.calls.replies import Reply
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.jsontext import JSONObject, parse_object, without_halves
from webqq.protocol.retcodes import RetCode
from webqq.protocol.shape import Shape

__all__ = ["CustomFaceForm", "UploadForm"]

R = TypeVar("R")

_OBJECT = re.compile(r"\{.*?\}", re.DOTALL)
_DOMAIN = "document.domain='qq.com';"
_SCRIPT = '<script type="text/javascript">'


def _object_in(raw: bytes, call: str) -> str:
    """Clients take the text from the first opening brace to the first closing one."""
    match = _OBJECT.search(raw.decode("utf-8", "replace"))
    if match is None:
        raise MalformedMessage(call, "", "expected a script with an object in braces")
    return match[0]


class UploadForm(Generic[R]):
    """The answer of the hosts that keep files for a friend: an object with retcode and where the file is.

    :param kind: a msgspec struct, what stands beside the code. :param callback: the function that the page calls.
    """

    def __init__(self, kind: type[R], callback: str) -> None:
        self.kind = kind
        self._callback = callback
        self._shape = Shape(kind)

    def parse(self, raw: bytes, call: str) -> Reply[R]:
        """Return the reply; a success whose fields do not fit is malformed."""
        answer = parse_object(_object_in(raw, call), call)
        code = answer.pop("retcode", None)
        if not isinstance(code, int):
            raise MalformedMessage(call, "retcode", f"expected a number, got {type(code).__name__}")
        return Reply(code, self._shape.parse(answer, call) if code == RetCode.OK else None)

    def serialize(self, reply: Reply[R], flavour: Flavour) -> bytes:
        """Return the page, the same in both flavours."""
        fields: JSONObject = {"retcode": reply.retcode}
        if reply.result is not None:
            fields |= {"result": "OK", "progress": 100, **self._shape.serialize_object(reply.result)}
        script = f"<head>{_SCRIPT}{_DOMAIN}{self._callback}({_write(fields)});</script></head><body></body>"
        return script.encode()


def _write(fields: JSONObject) -> str:
    """JSON as the service spaced it, in which no text can end the script or, for its reader, the object."""
    text = without_halves(json.dumps(fields, ensure_ascii=False, separators=(", ", ":")))
    head, inner, tail = text[0], text[1:-1], text[-1]
    for char in "<>{}":
        inner = inner.replace(char, f"\\u{ord(char):04x}")
    return head + inner + tail


_CFACE = re.compile(r"\{\s*'ret'\s*:\s*(-?\d{1,9})\s*,\s*'msg'\s*:\s*'([^']*)'\s*\}")
_CFACE_NAME = re.compile(r"[\w.{}-]+", re.ASCII)
_EXISTS = "\n -6102 upload cface failed"


class CustomFaceForm:
    """The answer of cface_upload: code and name of the picture.

    The text behind the name with code 4, which is a success all the same, is cut off.
    """

    STORED, EXISTS, TOO_LARGE = 0, 4, 2
    CALLBACK = "parent.EQQ.Model.ChatMsg.callbackSendPicGroup"

    def parse(self, raw: bytes, call: str) -> Reply[str]:
        """Return the reply: its result is the name, where the picture can be used."""
        match = _CFACE.search(raw.decode("utf-8", "replace"))
        if match is None:
            raise MalformedMessage(call, "", "expected a script with ret and msg")
        code, name = int(match[1]), (match[2].split() or [""])[0]
        return Reply(code, name if code in (self.STORED, self.EXISTS) else None)

    def serialize(self, reply: Reply[str], flavour: Flavour) -> bytes:
        """Return the page, the same in both flavours.

        :raises ValueError: the name has other characters than letters, digits and ``_.{}-``.
        """
        name = reply.result or ""
        if name and not _CFACE_NAME.fullmatch(name):
            raise ValueError("the name of a custom face must be letters, digits and _.{}- only, to stand in a script")
        text = name + (_EXISTS if reply.retcode == self.EXISTS else "")
        page = f"{_SCRIPT}{_DOMAIN}{self.CALLBACK}({{'ret':{reply.retcode},'msg':'{text}'}});</script>"
        return page.encode()
