"""The row of a call: who is asked, in which form, what with, and what comes back; used by client and
gateway.

A row says all that is fixed about a call. The client builds requests with :meth:`Call.request` and reads
answers with :meth:`Call.parse_reply`; the gateway reads requests with :meth:`Call.parse_params` and builds
answers with :meth:`Call.serialize_reply`. Source: WebQQ protocol, constants, and requests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from msgspec import Struct

from webqq.protocol.calls.replies import Reply, ReplyForm
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import USER_AGENT, Flavour
from webqq.protocol.jsontext import JSONObject, parse_object, serialize_json, without_halves
from webqq.protocol.shape import Shape

__all__ = ["Call", "Form", "Host", "WireRequest"]

P = TypeVar("P", bound=Struct)
R = TypeVar("R")

FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
MAX_FIELDS = 200
"""More fields than any call has; a request with more is refused."""


class Host(Enum):
    """Which of the service's hosts a call goes to."""

    STATIC = auto()
    DYNAMIC = auto()
    CHECK = "check.ptlogin2.qq.com"
    PTLOGIN = "ssl.ptlogin2.qq.com"
    LOGIN_PAGE = "ui.ptlogin2.qq.com"
    CHECK_SIG = "ptlogin4.web2.qq.com"
    CAPTCHA = "captcha.qq.com"
    WEB = "web.qq.com"

    def name_in(self, flavour: Flavour) -> str:
        """Return the host name in a flavour."""
        if self is Host.STATIC:
            return flavour.static_host
        if self is Host.DYNAMIC:
            return flavour.dynamic_host
        return str(self.value)

    def referer(self, flavour: Flavour, scheme: str) -> str:
        """Return the page that a browser would have called this host from."""
        match self:
            case Host.STATIC:
                return flavour.static_referer(scheme)
            case Host.DYNAMIC:
                return flavour.dynamic_referer(scheme)
            case Host.WEB:
                return f"{scheme}://web.qq.com/"
        return flavour.ptlogin_referer


class Form(Enum):
    """How a call carries its parameters."""

    QUERY = auto()
    """GET, in the query."""
    ENVELOPE = auto()
    """POST, as a JSON object in the form field ``r``."""
    FIELDS = auto()
    """POST, as form fields."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it goes out, for whichever HTTP engine sends it. Cookies are added there."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


def _keep(fields: JSONObject, flavour: Flavour) -> JSONObject:
    return fields


@dataclass(frozen=True, eq=False)
class Call(Generic[P, R]):
    """One call.

    :param name: as the service spelt it; errors name it.
    :param host: who is asked. :param path: of the URL.
    :param params: type of the parameters, a msgspec struct; fields that are ``None`` are not sent.
    :param reply: the form of the answer.
    :param aliases: further paths under which the same call is served.
    :param only: fields that exist in one flavour alone; a client of the other leaves them out.
    :param arrange: last change of the fields to send, where a flavour spells a value its own way.
    """

    name: str
    host: Host
    path: str
    form: Form
    params: type[P]
    reply: ReplyForm[R]
    aliases: tuple[str, ...] = ()
    only: Mapping[str, Flavour] = field(default_factory=dict)
    arrange: Callable[[JSONObject, Flavour], JSONObject] = _keep
    _shape: Shape[P] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_shape", Shape(self.params))

    @property
    def method(self) -> str:
        """``GET`` or ``POST``."""
        return "GET" if self.form is Form.QUERY else "POST"

    def request(self, params: P, flavour: Flavour, *, scheme: str = "http", host: str | None = None) -> WireRequest:
        """Return the request of a client of ``flavour``.

        :param scheme: ``http`` or ``https``.
        :param host: another ``host`` or ``host:port`` to ask; ``None`` for the service's own.
        """
        fields = self._shape.serialize_object(params)
        fields = {name: value for name, value in fields.items() if self.only.get(name, flavour) is flavour}
        fields = self.arrange(fields, flavour)
        name = self.host.name_in(flavour)
        url = f"{scheme}://{host or name}{self.path}"
        headers = {"User-Agent": USER_AGENT, "Referer": self.host.referer(flavour, scheme)}
        if self.form is Form.QUERY:
            return WireRequest("GET", f"{url}?{_encode(fields)}" if fields else url, headers)
        headers |= {"Origin": f"{scheme}://{name}", "Content-Type": FORM_TYPE}
        body = _envelope(fields, flavour) if self.form is Form.ENVELOPE else fields
        return WireRequest("POST", url, headers, _encode(body).encode("ascii"))

    def parse_params(self, query: str, body: bytes = b"") -> P:
        """Return the parameters of a request of any client, old ones included.

        Ids may be numbers or strings; fields may stand in the query or in the body whatever the form says;
        form fields beside the envelope fill in what it lacks. Fields the row does not know are ignored.

        :param query: the URL's query, without the question mark.
        :raises MalformedMessage: a field is missing or does not fit; the field is ``r`` when the envelope
            is missing or no JSON object.
        """
        fields = _decode(query, self.name) | _decode(body.decode("utf-8", "replace"), self.name)
        if self.form is Form.ENVELOPE:
            envelope = fields.pop("r", None)
            if not isinstance(envelope, str):
                raise MalformedMessage(self.name, "r", "expected a JSON object, got none")
            fields |= parse_object(envelope, self.name, "r")
        return self._shape.parse(fields, self.name)

    def parse_reply(self, raw: bytes) -> Reply[R]:
        """Return what an answer's body says, in either flavour.

        :raises MalformedMessage: it is not formed as an answer of this call.
        """
        return self.reply.parse(raw, self.name)

    def serialize_reply(self, reply: Reply[R], flavour: Flavour) -> bytes:
        """Return an answer's body in a flavour. Inverse of :meth:`parse_reply`."""
        return self.reply.serialize(reply, flavour)


def _encode(fields: JSONObject) -> str:
    return urlencode({name: _plain(value) for name, value in fields.items()}, quote_via=quote, safe="")


def _plain(value: object) -> str:
    return without_halves(value) if isinstance(value, str) else serialize_json(value).decode()


def _decode(text: str, call: str) -> JSONObject:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise MalformedMessage(call, "", f"expected at most {MAX_FIELDS} form fields") from error


def _envelope(fields: JSONObject, flavour: Flavour) -> JSONObject:
    """Return the form fields of an envelope.

    2013 writes the client id as text, an empty session as null, and repeats both beside the envelope.
    """
    clientid, psessionid = fields.get("clientid"), fields.get("psessionid")
    inside, beside = dict(fields), JSONObject()
    if isinstance(clientid, str):
        is_number = flavour is Flavour.SMARTQQ_2016 and clientid.isascii() and clientid.isdigit()
        inside["clientid"] = int(clientid) if is_number else clientid
        beside["clientid"] = clientid
    if isinstance(psessionid, str):
        is_null = flavour is Flavour.WEBQQ_2013 and not psessionid
        inside["psessionid"] = None if is_null else psessionid
        beside["psessionid"] = "null" if is_null else psessionid
    envelope: JSONObject = {"r": serialize_json(inside).decode()}
    return envelope | beside if flavour is Flavour.WEBQQ_2013 else envelope
