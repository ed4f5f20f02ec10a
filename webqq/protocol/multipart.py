"""Bodies of type ``multipart/form-data``: texts and files by their field names.

Knows the form and no call. Source: RFC 7578; what browsers write for quotes and line ends in names (WHATWG HTML,
multipart form data).
"""

import re
from collections.abc import Mapping

from webqq.protocol.errors import MalformedMessage
from webqq.protocol.jsontext import JSONObject, without_halves

__all__ = ["MAX_PARTS", "parse_multipart", "serialize_multipart"]

MAX_PARTS = 100
"""More parts than any upload has; a body with more is refused."""

_MAX_BOUNDARY = 72  # Two hyphens and the 70 characters that RFC 2046 allows.
_NAME = re.compile(rb';\s*name="([^"\r\n]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(rb';\s*filename="([^"\r\n]*)"', re.IGNORECASE)
_TYPE = re.compile(rb"^content-type:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_MEDIA_TYPE = re.compile(r"[!-~][ -~]*")
_WRITTEN = (('"', "%22"), ("\r", "%0D"), ("\n", "%0A"))


def serialize_multipart(fields: Mapping[str, object]) -> tuple[bytes, str]:
    """Return body and boundary. The boundary occurs in no field, so no file can end itself early.

    :param fields: texts, and files as objects of ``filename``, ``media_type`` and ``data`` (bytes).
    :raises ValueError: a media type has other characters than printable ASCII.
    """
    parts = [_write_part(name, value) for name, value in fields.items()]
    boundary, number = "webqq-boundary", 0
    while any(boundary.encode() in part for part in parts):
        number += 1
        boundary = f"webqq-boundary-{number}"
    line = f"--{boundary}\r\n".encode()
    return b"".join(line + part for part in parts) + f"--{boundary}--\r\n".encode(), boundary


def _write_part(name: str, value: object) -> bytes:
    head = f'Content-Disposition: form-data; name="{_quote(name)}"'
    if isinstance(value, dict):
        media_type = str(value["media_type"])
        if not _MEDIA_TYPE.fullmatch(media_type):
            raise ValueError(f"{name}: expected a media type of printable characters")
        head += f'; filename="{_quote(str(value["filename"]))}"\r\nContent-Type: {media_type}'
        data: bytes = value["data"]
    else:
        data = without_halves(str(value)).encode()
    return head.encode() + b"\r\n\r\n" + data + b"\r\n"


def _quote(text: str) -> str:
    text = without_halves(text)
    for char, written in _WRITTEN:
        text = text.replace(char, written)
    return text


def _unquote(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    for char, written in _WRITTEN:
        text = text.replace(written, char)
    return text


def parse_multipart(body: bytes, call: str) -> JSONObject:
    """Return the fields of a body, as :func:`serialize_multipart` takes them. Its first line tells the boundary.

    :param call: what to name in an error.
    :raises MalformedMessage: it is cut short, has more than :data:`MAX_PARTS` parts, or one without a name.
    """
    opening = body.partition(b"\r\n")[0]
    if not opening.startswith(b"--") or not 2 < len(opening) <= _MAX_BOUNDARY:
        raise MalformedMessage(call, "", "expected a multipart body that begins with its boundary")
    pieces = (b"\r\n" + body).split(b"\r\n" + opening, MAX_PARTS + 2)
    if len(pieces) > MAX_PARTS + 2:
        raise MalformedMessage(call, "", f"expected at most {MAX_PARTS} parts")
    if not pieces[-1].startswith(b"--"):
        raise MalformedMessage(call, "", "expected a closing boundary at the end of the multipart body")
    return dict(_read_part(piece, call) for piece in pieces[1:-1])


def _read_part(piece: bytes, call: str) -> tuple[str, object]:
    head, empty_line, data = piece.partition(b"\r\n\r\n")
    name = _NAME.search(head)
    if not empty_line or name is None:
        raise MalformedMessage(call, "", "expected a name and an empty line in each part")
    file_name, media_type = _FILE_NAME.search(head), _TYPE.search(head)
    if file_name is None:
        return _unquote(name[1]), data.decode("utf-8", "replace")
    read_type = media_type[1].strip().decode("latin-1") if media_type else "application/octet-stream"
    return _unquote(name[1]), {"filename": _unquote(file_name[1]), "media_type": read_type, "data": data}
