"""Exchanges as HAR 1.2 has them, an archive that browsers and proxies show as well; and without their secrets.

Of HAR this is written and read: of a request ``method``, ``url``, ``headers`` and ``postData``; of an answer
``status``, ``statusText``, ``headers`` and ``content``. Bodies are as they went over the wire, without the chunked
coding; what is no UTF-8 is base64. The number under ``_webqq`` counts versions of this form.
"""

import base64
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from webqq import __version__

__all__ = ["CREDENTIALS", "FORMAT", "REDACTED", "Exchange", "Redaction", "read_har", "write_har"]

FORMAT = 1
REDACTED = "REDACTED"
"""What stands in the file in place of a secret."""
CREDENTIALS = ("Authorization", "Cookie", "Proxy-Authorization", "Set-Cookie")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer."""

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Redaction:
    """Takes secrets out: the values of ``headers``, and ``secrets`` wherever they stand, percent-encoded as well."""

    def __init__(self, headers: Iterable[str], secrets: Iterable[str]) -> None:
        self._headers = {name.lower() for name in headers}
        plain = [secret for secret in secrets if secret]
        # The longest first: one may be part of another.
        self._secrets = sorted({*plain, *(quote(one, safe="") for one in plain)}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """``text`` without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return text

    def body(self, body: bytes) -> bytes:
        """``body`` without the secrets."""
        for secret in self._secrets:
            body = body.replace(secret.encode(), REDACTED.encode())
        return body

    def fields(self, fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """``fields`` without the secrets; what tells of a credential's kind stays: a cookie's name, a scheme."""
        return tuple(
            (name, _without_value(name.lower(), value) if name.lower() in self._headers else self.text(value))
            for name, value in fields
        )

    def exchange(self, exchange: Exchange) -> Exchange:
        """``exchange`` without the secrets."""
        return Exchange(
            exchange.method,
            self.text(exchange.url),
            self.fields(exchange.request_headers),
            self.body(exchange.request_body),
            exchange.status,
            exchange.reason,
            self.fields(exchange.headers),
            self.body(exchange.body),
        )


def _without_value(name: str, value: str) -> str:
    if name == "cookie":
        return "; ".join(f"{pair.partition('=')[0].strip()}={REDACTED}" for pair in value.split(";"))
    if name == "set-cookie":
        pair, semicolon, attributes = value.partition(";")
        cookie, _, content = pair.partition("=")
        # An empty value deletes the cookie, and is no secret.
        return f"{cookie}={REDACTED if content else ''}{semicolon}{attributes}"
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {REDACTED}" if space and name.endswith("authorization") else REDACTED


def write_har(path: Path, exchanges: Iterable[Exchange]) -> None:
    """Write the file: whole or not at all."""
    entries = [_entry(one) for one in exchanges]
    creator = {"name": "webqq", "version": __version__}
    log = {"version": "1.2", "creator": creator, "_webqq": FORMAT, "entries": entries}
    _write(path, json.dumps({"log": log}, ensure_ascii=False, indent=1) + "\n")


def read_har(path: Path) -> list[Exchange]:
    """The exchanges in the file, in order. Raises ``ValueError`` for one of another form."""
    log = json.loads(path.read_text("utf-8"))["log"]
    version = log.get("_webqq", FORMAT)
    if version != FORMAT:
        raise ValueError(f"{path} has form {version!r}; this reads form {FORMAT}")
    return [_parsed(entry["request"], entry["response"]) for entry in log["entries"]]


def _write(path: Path, text: str) -> None:
    number, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _entry(exchange: Exchange) -> dict[str, Any]:
    request = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "headers": _named(exchange.request_headers),
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(exchange.request_body),
    }
    if exchange.request_body:
        request["postData"] = {"mimeType": _type(exchange.request_headers), **_text(exchange.request_body)}
    response = {
        "status": exchange.status,
        "statusText": exchange.reason,
        "httpVersion": "HTTP/1.1",
        "headers": _named(exchange.headers),
        "cookies": [],
        "content": {"size": len(exchange.body), "mimeType": _type(exchange.headers), **_text(exchange.body)},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": len(exchange.body),
    }
    # HAR wants times; there are none, so that the same answers make the same file.
    timings = {"send": 0, "wait": 0, "receive": 0}
    begun = {"startedDateTime": "1970-01-01T00:00:00Z", "time": 0}
    return {**begun, "request": request, "response": response, "cache": {}, "timings": timings}


def _named(fields: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields]


def _type(fields: Iterable[tuple[str, str]]) -> str:
    return next((value for name, value in fields if name.lower() == "content-type"), "")


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _parsed(request: dict[str, Any], response: dict[str, Any]) -> Exchange:
    return Exchange(
        request["method"],
        request["url"],
        _pairs(request["headers"]),
        _body(request.get("postData", {})),
        response["status"],
        response["statusText"],
        _pairs(response["headers"]),
        _body(response["content"]),
    )


def _pairs(fields: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((field["name"], field["value"]) for field in fields)


def _body(content: dict[str, str]) -> bytes:
    text = content.get("text", "")
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
