"""What a call answers with, and the forms that answers have.

A :class:`Reply` is the same for all; a reply form reads and writes the bytes of one kind of answer, with
the odd shapes that it has in a flavour. Source: WebQQ protocol, responses; poll2 timing and result; send
response.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Generic, Never, Protocol, TypeVar

from webqq.protocol.errors import MalformedMessage
from webqq.protocol.events import Event, parse_events, serialize_events
from webqq.protocol.flavour import Flavour
from webqq.protocol.jscall import JSCall, parse_js_call, serialize_js_call
from webqq.protocol.jsontext import JSONObject, parse_object, serialize_json
from webqq.protocol.retcodes import RetCode
from webqq.protocol.shape import Shape

__all__ = [
    "BytesForm",
    "EcForm",
    "EcOkForm",
    "JSForm",
    "MediaForm",
    "NoneForm",
    "OkForm",
    "PollForm",
    "Reply",
    "ReplyForm",
    "ResultForm",
    "SendForm",
    "failure",
]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Reply(Generic[R_co]):
    """An answer, whatever its form.

    :param retcode: 0 for success; see :class:`webqq.protocol.retcodes.RetCode`. For login it is the code of
        ptuiCB, see :class:`webqq.protocol.retcodes.LoginCode`.
    :param result: what the call asked for; ``None`` where there is nothing.
    :param errmsg: the text beside a failure; it says nothing. ``None``: the answer has no such field.
    :param p: the new ptwebqq, with code 116.
    :param t: comes with code 121, without a meaning.
    :param key: of poll2, the number of this batch of events, for the next poll2 to acknowledge. Empty from
        servers that do not number them.
    """

    retcode: int
    result: R_co | None = None
    errmsg: str | None = None
    p: str | None = None
    t: str | None = None
    key: str = ""


# What the service wrote as errmsg where that was neither "" (2013) nor "error!!!" (2016); None: no such field.
_ERRMSGS: Mapping[Flavour, Mapping[int, str | None]] = MappingProxyType(
    {
        Flavour.WEBQQ_2013: {
            RetCode.WRONG_GROUP_CODE: None,
            RetCode.NO_BROWSER: None,
            RetCode.WRONG_CLIENT: "wrong web client3",
        },
        Flavour.SMARTQQ_2016: {
            RetCode.WRONG_GROUP_CODE: None,
            RetCode.NO_BROWSER: None,
            RetCode.WRONG_HASH: "",
            RetCode.NO_SESSION: "error",
            RetCode.MISSING: "ERROR",
        },
    }
)


def failure(retcode: int, flavour: Flavour) -> Reply[Never]:
    """Return the reply of a call that failed, with the errmsg that the service gave with such a code."""
    usual = "error!!!" if flavour is Flavour.SMARTQQ_2016 else ""
    return Reply(retcode, errmsg=_ERRMSGS[flavour].get(retcode, usual))


class ReplyForm(Protocol[R]):
    """Reads and writes the answers of a call. ``call`` is its name, for errors."""

    def parse(self, raw: bytes, call: str) -> Reply[R]:
        """Return the reply that ``raw`` holds, or raise :class:`MalformedMessage`."""
        ...

    def serialize(self, reply: Reply[R], flavour: Flavour) -> bytes:
        """Return the bytes of the answer in a flavour."""
        ...


def _read_status(answer: JSONObject) -> tuple[int, str | None]:
    """Return code and errmsg, under whichever name the answer has them."""
    code: object = next((answer[name] for name in _STATUS_FIELDS if name in answer), RetCode.MISSING)
    errmsg = answer.get("errmsg", answer.get("errMsg"))
    return _read_code(code), errmsg if isinstance(errmsg, str) else None


_STATUS_FIELDS = ("retcode", "errCode", "ec", "ret")


def _read_code(code: object) -> int:
    if isinstance(code, str) and code.removeprefix("-").isdecimal() and len(code) < 12:
        return int(code)
    return code if isinstance(code, int) else RetCode.MISSING


def _read_failure(answer: JSONObject) -> Reply[Never]:
    code, errmsg = _read_status(answer)
    p, t = answer.get("p"), answer.get("t")
    return Reply(code, errmsg=errmsg, p=p if isinstance(p, str) else None, t=t if isinstance(t, str) else None)


def _build(reply: Reply[object], **more: object) -> JSONObject:
    fields = {"retcode": reply.retcode, **more, "errmsg": reply.errmsg, "p": reply.p, "t": reply.t}
    return {name: value for name, value in fields.items() if value is not None}


class ResultForm(Generic[R]):
    """``{"retcode":0,"result":...}``, the result typed.

    A failure may bring a result all the same (get_group_info_ext2 does); it is taken if it fits.

    :param kind: a msgspec struct, or a tuple of any length of one.
    """

    def __init__(self, kind: type[R]) -> None:
        self.kind = kind
        self._shape = Shape(kind)

    def parse(self, raw: bytes, call: str) -> Reply[R]:
        """Return the reply; a success without a result that fits is malformed."""
        answer = parse_object(raw, call)
        reply: Reply[R] = _read_failure(answer)
        if reply.retcode == RetCode.OK:
            if "result" not in answer:
                raise MalformedMessage(call, "result", "expected a value, got none")
            return replace(reply, result=self._shape.parse(answer["result"], call, "result"))
        with suppress(MalformedMessage):
            return replace(reply, result=self._shape.parse(answer.get("result"), call, "result"))
        return reply

    def serialize(self, reply: Reply[R], flavour: Flavour) -> bytes:
        """Return the answer, the same in both flavours."""
        result = None if reply.result is None else self._shape.serialize(reply.result)
        return serialize_json(_build(reply, result=result))


class OkForm:
    """``{"retcode":0,"result":"ok"}``: nothing but success or failure."""

    def parse(self, raw: bytes, call: str) -> Reply[None]:
        """Return the reply; whatever stands in ``result`` is ignored."""
        return _read_failure(parse_object(raw, call))

    def serialize(self, reply: Reply[None], flavour: Flavour) -> bytes:
        """Return the answer, the same in both flavours."""
        return serialize_json(_build(reply, result=None if reply.retcode else "ok"))


class SendForm(OkForm):
    """Answer of a send call: in 2016 ``{"errCode":0,"msg":"send ok"}``, and -1 for a plain failure."""

    def serialize(self, reply: Reply[None], flavour: Flavour) -> bytes:
        """Return the answer in the flavour's form; codes with a meaning have the usual form in both."""
        if flavour is Flavour.SMARTQQ_2016:
            if reply.retcode == RetCode.OK:
                return serialize_json({"errCode": 0, "msg": "send ok"})
            if reply.retcode == RetCode.MISSING:
                return serialize_json({"errCode": reply.retcode, "errMsg": reply.errmsg or ""})
        return super().serialize(reply, flavour)


class PollForm:
    """Answer of poll2: events in the order in which they happened; none when the answer was idle, in any
    form.

    2013 idles with code 102 and escapes what is not ASCII; 2016 idles with code 0 and no result.
    """

    def parse(self, raw: bytes, call: str) -> Reply[tuple[Event, ...]]:
        """Return the reply; code 102 comes as 0 without events. ``key`` is the batch number, if there is
        one.
        """
        answer = parse_object(raw, call)
        reply = _read_failure(answer)
        if reply.retcode == RetCode.NOTHING_NEW:
            return Reply(RetCode.OK, ())
        if reply.retcode != RetCode.OK:
            return reply
        key = answer.get("key")
        return Reply(RetCode.OK, parse_events(answer.get("result")), key=str(key) if key else "")

    def serialize(self, reply: Reply[tuple[Event, ...]], flavour: Flavour) -> bytes:
        """Return the answer; success without events gives the flavour's idle form."""
        is_2013 = flavour is Flavour.WEBQQ_2013
        if reply.retcode != RetCode.OK:
            return serialize_json(_build(reply), ascii_only=is_2013)
        if not reply.result:
            idle = failure(RetCode.NOTHING_NEW, flavour)
            return serialize_json(_build(idle) if is_2013 else dict(_IDLE_2016))
        answer: JSONObject = {"retcode": 0, "result": serialize_events(reply.result, flavour)}
        if reply.key:
            answer["key"] = reply.key
        return serialize_json(answer, ascii_only=is_2013)


_IDLE_2016 = MappingProxyType({"retcode": 0, "retmsg": "ok", "errmsg": "error"})


class JSForm(Generic[R]):
    """A JavaScript call of the ptlogin2 hosts.

    :param name: of the function. :param read: makes a reply of the arguments and the call's name; may raise
        :class:`MalformedMessage`.
    :param write: makes the arguments of a reply.
    :param semicolon: whether the service ends the call in one.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[tuple[str, ...], str], Reply[R]],
        write: Callable[[Reply[R]], tuple[str, ...]],
        *,
        semicolon: bool = True,
    ) -> None:
        self._name = name
        self._read = read
        self._write = write
        self._semicolon = semicolon

    def parse(self, raw: bytes, call: str) -> Reply[R]:
        """Return what ``read`` makes of the arguments."""
        js_call = parse_js_call(raw.decode("utf-8", "replace"), call)
        if js_call.name != self._name:
            raise MalformedMessage(call, "", f"expected a call of {self._name}, got one of another function")
        return self._read(js_call.args, call)

    def serialize(self, reply: Reply[R], flavour: Flavour) -> bytes:
        """Return the call, the same in both flavours."""
        js_call = JSCall(self._name, self._write(reply))
        is_login = self._name == "ptuiCB"
        # ptuiCB always has the blank, and ptui_checkVC as it was in 2014, when it had four arguments.
        has_blank = is_login or len(js_call.args) == 4
        text = serialize_js_call(js_call, blank_before_last=has_blank, semicolon=self._semicolon, line_end=is_login)
        return text.encode()


class BytesForm:
    """A body that is no text, such as an image."""

    def parse(self, raw: bytes, call: str) -> Reply[bytes]:
        """Return the body as the result."""
        return Reply(RetCode.OK, raw)

    def serialize(self, reply: Reply[bytes], flavour: Flavour) -> bytes:
        """Return the result as it is."""
        return reply.result or b""


class MediaForm(BytesForm):
    """A picture or a file, or, with HTTP status 200 all the same, the JSON of a failure."""

    def parse(self, raw: bytes, call: str) -> Reply[bytes]:
        """Return the body as the result, unless it is an object with a code that is not 0."""
        if raw.lstrip()[:1] == b"{":
            with suppress(MalformedMessage):
                failed = _read_failure(parse_object(raw, call))
                if failed.retcode not in (RetCode.OK, RetCode.MISSING):
                    return failed
        return super().parse(raw, call)

    def serialize(self, reply: Reply[bytes], flavour: Flavour) -> bytes:
        """Return the result, or the failure as JSON."""
        return serialize_json(_build(reply)) if reply.retcode else super().serialize(reply, flavour)


class EcForm(Generic[R]):
    """``{"ec":0,...}`` of the group management hosts: the result's fields stand beside the code.

    :param kind: a msgspec struct.
    """

    def __init__(self, kind: type[R]) -> None:
        self.kind = kind
        self._shape = Shape(kind)

    def parse(self, raw: bytes, call: str) -> Reply[R]:
        """Return the reply; a success whose fields do not fit is malformed."""
        answer = parse_object(raw, call)
        reply: Reply[R] = _read_failure(answer)
        return replace(reply, result=self._shape.parse(answer, call)) if reply.retcode == RetCode.OK else reply

    def serialize(self, reply: Reply[R], flavour: Flavour) -> bytes:
        """Return the answer, the same in both flavours."""
        fields = {} if reply.result is None else self._shape.serialize_object(reply.result)
        return serialize_json({"ec": reply.retcode, **fields})


class EcOkForm:
    """``{"ec":0}``: nothing but success or failure of a group management call."""

    def parse(self, raw: bytes, call: str) -> Reply[None]:
        """Return the reply; whatever stands beside the code is ignored."""
        return _read_failure(parse_object(raw, call))

    def serialize(self, reply: Reply[None], flavour: Flavour) -> bytes:
        """Return the answer, the same in both flavours."""
        return serialize_json({"ec": reply.retcode})


class NoneForm:
    """A body without a meaning; what counts are the headers, which are not this package's matter.

    :param success: what stands in the body of a success, where clients look at it.
    """

    def __init__(self, success: bytes = b"") -> None:
        self._success = success

    def parse(self, raw: bytes, call: str) -> Reply[None]:
        """Return success; the HTTP status tells more."""
        return Reply(RetCode.OK)

    def serialize(self, reply: Reply[None], flavour: Flavour) -> bytes:
        """Return nothing, or what stands in the body of a success."""
        return b"" if reply.retcode else self._success
