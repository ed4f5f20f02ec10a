"""The row of a call: who is asked, in which form, what with, and what comes back; used by client and
gateway.

A row says all that is fixed about a call. The client builds requests with :meth:`Call.request` and reads
answers with :meth:`Call.parse_reply`; the gateway reads requests with :meth:`Call.parse_params` and builds
answers with :meth:`Call.serialize_reply`. Source: WebQQ protocol, constants, and requests.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from msgspec import Struct

from webqq.protocol.calls.replies import Reply, ReplyForm
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import USER_AGENT, Flavour
from webqq.protocol.jsontext import JSONObject, parse_object, serialize_json, without_halves
from webqq.protocol.multipart import parse_multipart, serialize_multipart
from webqq.protocol.shape import Shape

__all__ = ["Call", "Form", "Host", "Upload", "WireRequest"]

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
    WEB2 = "web2.qq.com"
    CGI = "cgi.web2.qq.com"
    PTLOGOUT = "ptlogin2.qq.com"
    FACE = "face0.web.qq.com"
    QLOGO = "q.qlogo.cn"
    UPLOAD = "up.web2.qq.com"
    OFFLINE_UPLOAD = "weboffline.ftn.qq.com"
    FILE = "file1.web.qq.com"
    QUN = "qun.qq.com"
    QINFO = "qinfo.clt.qq.com"
    QIANDAO = "qiandao.qun.qq.com"
    GIVEN = ""
    """Told by another answer: :meth:`Call.request` must be given it."""

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
            case Host.QUN | Host.QINFO:
                return f"http://{self.value}/member.html"
            case Host.CHECK | Host.PTLOGIN | Host.LOGIN_PAGE | Host.CHECK_SIG | Host.CAPTCHA:
                return flavour.ptlogin_referer
        return flavour.page


class Form(Enum):
    """How a call carries its parameters."""

    QUERY = auto()
    """GET, in the query."""
    ENVELOPE = auto()
    """POST, as a JSON object in the form field ``r``."""
    FIELDS = auto()
    """POST, as form fields."""
    MULTIPART = auto()
    """POST, as the parts of a multipart body, a file among them."""


class Upload(Struct, frozen=True, kw_only=True):
    """A file as a parameter of a call: its name, its media type and its bytes."""

    filename: str
    media_type: str = "application/octet-stream"
    data: bytes


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it goes out, for whichever HTTP engine sends it. Cookies are added there."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)  # As text it is the same again.
_ADDRESS = re.compile(r"[\w.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?", re.ASCII)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SWALLOWED = re.compile(r"(\{.*\})((?:&\w+=[^&{}\"]*)+)", re.DOTALL | re.ASCII)


def _keep(fields: JSONObject, flavour: Flavour) -> JSONObject:
    return fields


@dataclass(frozen=True, eq=False, repr=False)
class Call(Generic[P, R]):
    """One call.

    :param name: as the service spelt it; errors name it.
    :param host: who is asked. :param path: of the URL; a name in braces stands for that field.
    :param params: type of the parameters, a msgspec struct; fields that are ``None`` are not sent.
    :param reply: the form of the answer.
    :param aliases: further paths under which the same call is served.
    :param bare: fields that suffice without an envelope, as clients of before it put them into the query.
    :param only: fields that exist in one flavour alone; a client of the other leaves them out.
    :param arrange: last change of the fields to send, where a flavour spells a value its own way.
    :param in_query: fields of a POST that stand in the URL.
    :param referer: the page to name instead of the host's usual one, from the fields.
    """

    name: str
    host: Host
    path: str
    form: Form
    params: type[P]
    reply: ReplyForm[R]
    aliases: tuple[str, ...] = ()
    bare: frozenset[str] = frozenset()
    only: Mapping[str, Flavour] = field(default_factory=dict)
    arrange: Callable[[JSONObject, Flavour], JSONObject] = _keep
    in_query: frozenset[str] = frozenset()
    referer: Callable[[JSONObject, Flavour], str] | None = None
    _shape: Shape[P] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_shape", Shape(self.params))

    def __repr__(self) -> str:
        return f"<Call {self.name}: {self.method} {self.path}>"

    @property
    def method(self) -> str:
        """``GET`` or ``POST``."""
        return "GET" if self.form is Form.QUERY else "POST"

    def request(self, params: P, flavour: Flavour, *, scheme: str = "http", host: str | None = None) -> WireRequest:
        """Return the request of a client of ``flavour``.

        :param scheme: ``http`` or ``https``.
        :param host: another ``host`` or ``host:port`` to ask; ``None`` for the service's own.
        :raises ValueError: ``host`` is no host, or the service has none of its own for this call and none is given.
        """
        fields = self._shape.serialize_object(params)
        fields = {name: value for name, value in fields.items() if self.only.get(name, flavour) is flavour}
        fields = self.arrange(fields, flavour)
        referer = self.referer(fields, flavour) if self.referer else self.host.referer(flavour, scheme)
        headers = {"User-Agent": USER_AGENT, "Referer": referer}
        url = f"{scheme}://{self._address(flavour, host)}{self._fill_path(fields)}"
        in_query = fields if self.form is Form.QUERY else _pop(fields, self.in_query)
        if in_query:
            url += f"?{_encode(in_query)}"
        if self.form is Form.QUERY:
            return WireRequest("GET", url, headers)
        body, media_type = self._body(fields, flavour)
        page = urlsplit(referer)
        headers |= {"Origin": f"{page.scheme}://{page.netloc}", "Content-Type": media_type}
        return WireRequest("POST", url, headers, body)

    def _address(self, flavour: Flavour, host: str | None) -> str:
        address = host or self.host.name_in(flavour)
        if not address:
            raise ValueError(f"{self.name} goes to an address that another answer told; give it as host")
        if not _ADDRESS.fullmatch(address):
            # It may come from an answer or an event, and shall not reach into the rest of the URL.
            raise ValueError(f"{self.name}: expected a host with or without a port, got other characters")
        return address

    def _fill_path(self, fields: JSONObject) -> str:
        return _PLACEHOLDER.sub(lambda match: quote(_plain(fields.pop(match[1])), safe=""), self.path)

    def _body(self, fields: JSONObject, flavour: Flavour) -> tuple[bytes, str]:
        if self.form is Form.MULTIPART:
            plain = {name: value if isinstance(value, dict) else _plain(value) for name, value in fields.items()}
            body, boundary = serialize_multipart(plain)
            return body, f"multipart/form-data; boundary={boundary}"
        if self.form is Form.ENVELOPE:
            fields = _envelope(fields, flavour)
        return _encode(fields).encode("ascii"), FORM_TYPE

    def parse_params(self, query: str, body: bytes = b"", path: str = "") -> P:
        """Return the parameters of a request of any client, old ones included.

        Ids may be numbers or strings; fields may stand in the query or in the body whatever the form says;
        form fields beside the envelope fill in what it lacks. Fields the row does not know are ignored.

        :param query: the URL's query, without the question mark.
        :param path: the URL's path, for a row whose path has fields in it.
        :raises MalformedMessage: a field is missing or does not fit; the field is ``r`` when the envelope
            is missing or no JSON object.
        """
        fields = self._path_fields(path) | _decode(query, self.name) | self._body_fields(body)
        if self.form is Form.ENVELOPE:
            envelope = fields.pop("r", None) or _encoded_whole(fields)
            if isinstance(envelope, str):
                fields |= parse_object(_without_swallowed(envelope), self.name, "r")
            elif not self.bare or not self.bare <= fields.keys():
                raise MalformedMessage(self.name, "r", "expected a JSON object, got none")
        return self._shape.parse(fields, self.name)

    def _path_fields(self, path: str) -> JSONObject:
        names = _PLACEHOLDER.findall(self.path)
        pattern = _PLACEHOLDER.sub("([^/]+)", re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}"))
        match = re.fullmatch(pattern, path) if names else None
        return dict(zip(names, map(unquote, match.groups()), strict=True)) if match else {}

    def _body_fields(self, body: bytes) -> JSONObject:
        if self.form is Form.MULTIPART:
            return parse_multipart(body, self.name)
        return _decode(body.decode("utf-8", "replace"), self.name)

    def parse_reply(self, raw: bytes) -> Reply[R]:
        """Return what an answer's body says, in either flavour.

        :raises MalformedMessage: it is not formed as an answer of this call.
        """
        return self.reply.parse(raw, self.name)

    def serialize_reply(self, reply: Reply[R], flavour: Flavour) -> bytes:
        """Return an answer's body in a flavour. Inverse of :meth:`parse_reply`."""
        return self.reply.serialize(reply, flavour)


def _without_swallowed(envelope: str) -> str:
    """Return an envelope without the form fields that stand behind it in the same value.

    Some clients encode the ampersands of their form, too, so that all of it comes as the value of ``r``.
    """
    match = _SWALLOWED.fullmatch(envelope)
    return match[1] if match else envelope


def _encoded_whole(fields: JSONObject) -> str | None:
    """Return the envelope of a form that has even its equals sign encoded, so that all of it comes as a name."""
    return next((name[2:] for name in fields if name.startswith("r={")), None)


def _pop(fields: JSONObject, names: frozenset[str]) -> JSONObject:
    return {name: fields.pop(name) for name in [*fields] if name in names}


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
        is_number = flavour is Flavour.SMARTQQ_2016 and _NUMBER.fullmatch(clientid)
        inside["clientid"] = int(clientid) if is_number else clientid
        beside["clientid"] = clientid
    if isinstance(psessionid, str):
        is_null = flavour is Flavour.WEBQQ_2013 and not psessionid
        inside["psessionid"] = None if is_null else psessionid
        beside["psessionid"] = "null" if is_null else psessionid
    envelope: JSONObject = {"r": serialize_json(inside).decode()}
    return envelope | beside if flavour is Flavour.WEBQQ_2013 else envelope
