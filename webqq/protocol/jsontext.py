"""JSON text in and out, for hostile and for merely odd peers.

The real service, and clients cut off inside an emoji, send half surrogates and raw control characters in
strings; such a string is read with U+FFFD in place of the half, so that one odd message never costs the
rest of an answer.
"""

import json
from collections.abc import Callable
from math import isfinite
from typing import Never, TypeAlias

import msgspec

from webqq.protocol.errors import MalformedMessage

__all__ = ["JSONObject", "parse_json", "parse_object", "serialize_json", "without_halves"]

JSONObject: TypeAlias = dict[str, object]

_decode: Callable[[bytes | str], object] = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_encode_ascii = json.JSONEncoder(separators=(",", ":")).encode


def parse_json(raw: bytes | str, call: str, field: str = "") -> object:
    """Return the value of a JSON text.

    :param call: what to name in an error.
    :param field: where the text stood in it; empty for the whole.
    :raises MalformedMessage: it is no JSON, or nested deeper than the interpreter follows.
    """
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeError):
        return _parse_odd(raw, call, field)
    except RecursionError:
        raise MalformedMessage(call, field, "expected JSON, got it nested too deeply") from None


def _parse_odd(raw: bytes | str, call: str, field: str) -> object:
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
    try:
        value = _clean(json.loads(text, strict=False, parse_constant=_refuse, parse_float=_finite))
    except (ValueError, RecursionError) as error:
        detail = f"expected JSON, got {len(text)} characters that are none"
        raise MalformedMessage(call, field, detail) from error
    return value


def _refuse(name: str) -> Never:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _refuse(text)


def parse_object(raw: bytes | str, call: str, field: str = "") -> JSONObject:
    """Like :func:`parse_json`, for a text that must hold an object."""
    value = parse_json(raw, call, field)
    if not isinstance(value, dict):
        raise MalformedMessage(call, field, f"expected a JSON object, got {type(value).__name__}")
    return value


def serialize_json(value: object, *, ascii_only: bool = False) -> bytes:
    r"""Return compact JSON text.

    :param ascii_only: write other characters as ``\uXXXX``, as poll answers of 2013 have them; else raw
        UTF-8.
    """
    try:
        raw = _encode(value)
    except UnicodeEncodeError:
        value = _clean(value)
        raw = _encode(value)
    return raw if raw.isascii() or not ascii_only else _encode_ascii(value).encode("ascii")


def without_halves(text: str) -> str:
    """Return the text with half surrogates replaced by U+FFFD; every character of it can then be encoded."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _clean(value: object) -> object:
    if isinstance(value, str):
        return without_halves(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value
