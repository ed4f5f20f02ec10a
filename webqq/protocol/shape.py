"""Typed values from JSON values, and back: what every field of a call or an event has in common.

A :class:`Shape` is made once for a type (msgspec structs, tuples and objects of them). It reads numbers that
stand in strings, decodes and writes the entities of fields marked :data:`EntityText`, and makes one text of the
forms a :data:`Token` comes in. Fields it does not know are ignored, fields that are ``None`` are left out.
Source: WebQQ protocol, identifiers, and text.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import inspect

from webqq.protocol.errors import MalformedMessage
from webqq.protocol.jsontext import JSONObject, parse_json
from webqq.protocol.text import escape, unescape

__all__ = ["Bars", "EntityText", "JSONText", "Mark", "NumberText", "OmitEmpty", "Shape", "SpacedText", "Token"]

T = TypeVar("T")

_Transform: TypeAlias = Callable[[object], object]

_LARGEST = 2**63 - 1  # No id of the service is larger, and stores hold no more.


class Mark(Enum):
    """How a field travels, where its type does not tell."""

    NONE = auto()
    ENTITIES = auto()
    SPACED = auto()
    TOKEN = auto()
    OMIT_EMPTY = auto()
    BARS = auto()
    JSON = auto()
    NUMBER_TEXT = auto()


EntityText = Annotated[str, msgspec.Meta(extra={"mark": Mark.ENTITIES})]
"""A name or text that carries HTML entities on the wire and none here."""

SpacedText = Annotated[str, msgspec.Meta(extra={"mark": Mark.SPACED})]
"""As :data:`EntityText`, with blanks as entities, too, as group management writes names."""

Token = Annotated[str, msgspec.Meta(extra={"mark": Mark.TOKEN})]
"""A text that old clients also send as a number, as null, or as the text ``null``; the last two are empty
here.
"""

OmitEmpty = msgspec.Meta(extra={"mark": Mark.OMIT_EMPTY})
"""Annotation of a field that is left out when it is empty."""


NumberText = Annotated[int, msgspec.Meta(extra={"mark": Mark.NUMBER_TEXT})]
"""A number that the service writes as a string."""

Bars = msgspec.Meta(extra={"mark": Mark.BARS})
"""Annotation of an array that travels as one text, its items between bars: ``1|2``."""

JSONText = msgspec.Meta(extra={"mark": Mark.JSON})
"""Annotation of an object or array that stands, as JSON text, in one form field."""


class Shape(Generic[T]):
    """Reads and builds JSON values of one type.

    :param kind: a msgspec struct, or a tuple of any length of one.
    """

    def __init__(self, kind: type[T]) -> None:
        self.kind = kind
        info = inspect.type_info(kind)
        self._read = _transform(info, _Direction.READ)
        self._write = _transform(info, _Direction.WRITE)

    def parse(self, value: object, call: str, under: str = "") -> T:
        """Return the typed value. ``value`` must be fresh from the JSON parser; it is changed on the way.

        :param call: what to name in an error. :param under: path of ``value`` in the call.
        :raises MalformedMessage: naming the call and the field that is missing or does not fit.
        """
        try:
            typed: T = msgspec.convert(
                self._read(value), self.kind, strict=False, str_keys=True, builtin_types=(bytes,)
            )
        except msgspec.ValidationError as error:
            raise MalformedMessage(call, *_locate(str(error), under)) from error
        except _Misfit as misfit:
            raise MalformedMessage(call, (under + misfit.path).lstrip("."), misfit.detail) from None
        return typed

    def serialize(self, value: T) -> object:
        """Return ``value`` as JSON has it: objects, arrays, texts and numbers. Inverse of :meth:`parse`."""
        return self._write(msgspec.to_builtins(value, str_keys=True, builtin_types=(bytes,)))

    def serialize_object(self, value: T) -> JSONObject:
        """Like :meth:`serialize`, for a struct."""
        written = self.serialize(value)
        if not isinstance(written, dict):
            raise TypeError(f"expected a struct, got {type(value).__name__}")
        return written


def _locate(message: str, under: str) -> tuple[str, str]:
    """Split msgspec's message into field and detail; the value itself is not in it."""
    detail, _, path = message.replace(" - at `key` in `$", " as a key - at `$").partition(" - at `$")
    path = path.rstrip("`")
    if detail.startswith("Object missing required field"):
        path += "." + detail.split("`")[1]
        detail = "expected a value, got none"
    return (under + path).lstrip("."), detail


class _Misfit(Exception):
    """A value that a transform refuses; each level puts its own name before the path."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path = path
        self.detail = detail

    def under(self, name: str) -> "_Misfit":
        return _Misfit(name + self.path, self.detail)


def _same(value: object) -> object:
    return value


def _read_token(value: object) -> object:
    if value is None or value == "null":
        return ""
    return str(value) if isinstance(value, int) else value


def _read_number(value: object) -> object:
    if (isinstance(value, int) and abs(value) > _LARGEST) or (isinstance(value, str) and len(value) > 19):
        raise _Misfit("", "expected a number of at most 63 bits, got a longer one")
    return value


def _read_entities(value: object) -> object:
    return unescape(value) if isinstance(value, str) else value


def _write_entities(value: object) -> object:
    return escape(value) if isinstance(value, str) else value


def _write_spaced(value: object) -> object:
    return escape(value).replace(" ", "&nbsp;") if isinstance(value, str) else value


def _write_number_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


def _read_bars(value: object) -> object:
    return [item for item in value.split("|") if item] if isinstance(value, str) else value


def _write_bars(value: object) -> object:
    return "|".join(map(str, value)) if isinstance(value, list | tuple) else value


class _Direction(Enum):
    """Which way values go. Reading leaves the fields as they come, writing leaves out what is absent."""

    READ = auto()
    WRITE = auto()


_LEAVES: Mapping[tuple[_Direction, Mark | type], _Transform] = MappingProxyType(
    {
        (_Direction.READ, Mark.ENTITIES): _read_entities,
        (_Direction.READ, Mark.SPACED): _read_entities,
        (_Direction.READ, Mark.TOKEN): _read_token,
        (_Direction.READ, inspect.IntType): _read_number,
        (_Direction.WRITE, Mark.ENTITIES): _write_entities,
        (_Direction.WRITE, Mark.SPACED): _write_spaced,
        (_Direction.READ, Mark.NUMBER_TEXT): _read_number,
        (_Direction.WRITE, Mark.NUMBER_TEXT): _write_number_text,
        (_Direction.WRITE, Mark.BARS): _write_bars,
    }
)


def _transform(info: inspect.Type, way: _Direction) -> _Transform:
    """Compose what is to be done to a JSON value of a type from what is to be done to its pieces."""
    match info:
        case inspect.Metadata():
            return _LEAVES.get((way, _mark_of(info))) or _marked_transform(info, way)
        case inspect.StructType():
            return _struct_reader(info) if way is _Direction.READ else _struct_writer(info)
        case inspect.VarTupleType():
            return _array_transform(_transform(info.item_type, way))
        case inspect.DictType():
            return _object_transform(_transform(info.key_type, way), _transform(info.value_type, way))
        case inspect.UnionType():
            # An optional value; ``None`` passes through every transform but a token's, which has no use for it.
            kinds = [kind for kind in info.types if not isinstance(kind, inspect.NoneType)]
            return _transform(kinds[0], way) if len(kinds) == 1 else _same
    return _LEAVES.get((way, type(info)), _same)


def _marked_transform(info: inspect.Metadata, way: _Direction) -> _Transform:
    """What a marked field needs beside what its type needs."""
    inner, mark = _transform(info.type, way), _mark_of(info)
    if way is _Direction.WRITE or mark not in (Mark.BARS, Mark.JSON):
        return inner
    outer = _read_bars if mark is Mark.BARS else _read_json_text
    return lambda value: inner(outer(value))


def _read_json_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value, "")
    except MalformedMessage:
        raise _Misfit("", "expected JSON, got text that is none") from None


def _mark_of(info: inspect.Type) -> Mark:
    extra = info.extra if isinstance(info, inspect.Metadata) else None
    mark: Mark = (extra or {}).get("mark", Mark.NONE)
    return mark


def _fields(info: inspect.StructType, way: _Direction) -> list[tuple[str, _Transform]]:
    pairs = [(field.encode_name, _transform(field.type, way)) for field in info.fields]
    return [(name, transform) for name, transform in pairs if transform is not _same]


def _struct_reader(info: inspect.StructType) -> _Transform:
    fields = _fields(info, _Direction.READ)

    def read(value: object) -> object:
        if isinstance(value, dict):
            for name, transform in fields:
                if name in value:
                    try:
                        value[name] = transform(value[name])
                    except _Misfit as misfit:
                        raise misfit.under(f".{name}") from None
        return value

    return read


def _struct_writer(info: inspect.StructType) -> _Transform:
    fields = _fields(info, _Direction.WRITE)
    omit_empty = [field.encode_name for field in info.fields if _mark_of(field.type) is Mark.OMIT_EMPTY]

    def write(value: object) -> object:
        if not isinstance(value, dict):
            return value
        for name, transform in fields:
            value[name] = transform(value[name])
        for name in omit_empty:
            if not value[name]:
                del value[name]
        return {name: item for name, item in value.items() if item is not None}

    return write


def _array_transform(transform: _Transform) -> _Transform:
    if transform is _same:
        return _same

    def every(value: object) -> object:
        try:
            return [transform(item) for item in value] if isinstance(value, list | tuple) else value
        except _Misfit as misfit:
            raise misfit.under("[...]") from None

    return every


def _object_transform(check_key: _Transform, transform: _Transform) -> _Transform:
    def every(value: object) -> object:
        if not isinstance(value, dict):
            return value
        try:
            for key in value:
                check_key(key)
            return {key: transform(item) for key, item in value.items()}
        except _Misfit as misfit:
            raise misfit.under("{...}") from None

    return every
