"""Any value that a struct of the protocol can hold, for tests that build and read again."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from msgspec import NODEFAULT, Struct, inspect

from webqq.protocol.content import (
    Content,
    CustomFace,
    Face,
    Font,
    GroupPicture,
    OfflinePicture,
    SessionPicture,
    UnknownPart,
)
from webqq.protocol.shape import Mark

IDS = st.integers(0, 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
# What writing as entities and reading again cannot keep.
ENTITY_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\N{NO-BREAK SPACE}"))
TOKENS = TEXTS.filter(lambda text: text != "null")
NOISE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["uin", "name", "result"]), inner),
    max_leaves=8,
)
_BY_MARK = {Mark.ENTITIES: ENTITY_TEXTS, Mark.SPACED: ENTITY_TEXTS, Mark.TOKEN: TOKENS, Mark.NUMBER_TEXT: IDS}

Overrides = Mapping[str, st.SearchStrategy[Any]]


def values_of(kind: Any, overrides: Overrides | None = None) -> st.SearchStrategy[Any]:
    """Returns any value of a type; ``overrides`` says what fields of these names hold, wherever they stand."""
    return _of(inspect.type_info(kind), overrides or {})


def _of(info: inspect.Type, overrides: Overrides) -> st.SearchStrategy[Any]:
    match info:
        case inspect.Metadata():
            mark = (info.extra or {}).get("mark", Mark.NONE)
            return _BY_MARK[mark] if mark in _BY_MARK else _of(info.type, overrides)
        case inspect.StructType():
            return _struct_of(info, overrides)
        case inspect.VarTupleType():
            return st.lists(_of(info.item_type, overrides), max_size=3).map(tuple)
        case inspect.TupleType():
            return st.tuples(*(_of(item, overrides) for item in info.item_types))
        case inspect.DictType():
            return st.dictionaries(_of(info.key_type, overrides), _of(info.value_type, overrides), max_size=3)
        case inspect.UnionType():
            return st.one_of(*(_of(member, overrides) for member in info.types))
        case inspect.IntType():
            return IDS
        case inspect.BytesType():
            return st.binary()
        case inspect.NoneType():
            return st.none()
        case inspect.StrType():
            return TEXTS
    raise TypeError(f"no values for {info}")


def _struct_of(info: inspect.StructType, overrides: Overrides) -> st.SearchStrategy[Struct]:
    return st.builds(info.cls, **{field.name: _field_of(field, overrides) for field in info.fields})


def _field_of(field: inspect.Field, overrides: Overrides) -> st.SearchStrategy[Any]:
    if field.name in overrides:
        return overrides[field.name]
    # None is not written, so it is read as the default.
    values = _of(field.type, overrides)
    return values if field.default in (None, NODEFAULT) else values.filter(lambda value: value is not None)


BIT = st.integers(0, 1)
FONTS = st.builds(
    Font,
    name=st.text(),
    size=st.integers(1, 100),
    color=st.text("0123456789abcdefABCDEF", min_size=6, max_size=6),
    style=st.tuples(BIT, BIT, BIT),
)
NUMBERS = st.integers(0, 2**63 - 1)
COMMON = st.text() | st.builds(Face, NUMBERS) | st.builds(CustomFace, st.text()) | st.builds(SessionPicture, st.text())
UNKNOWN = st.builds(
    lambda kind, rest: UnknownPart(json.dumps([kind, *rest], ensure_ascii=False, separators=(",", ":"))),
    st.sampled_from(["shape", "image", "video"]),
    st.lists(st.text() | NUMBERS | st.dictionaries(st.text(), st.lists(NUMBERS))),
)
SENT = st.builds(
    Content,
    st.lists(
        COMMON.filter(lambda part: not isinstance(part, SessionPicture))
        | UNKNOWN
        | st.builds(OfflinePicture, st.text(), st.text(), NUMBERS)
        | st.builds(GroupPicture, st.text())
    ).map(tuple),
    FONTS,
)
RECEIVED = st.builds(
    Content,
    st.lists(
        COMMON
        | UNKNOWN
        | st.builds(OfflinePicture, st.text(), success=BIT)
        | st.builds(GroupPicture, st.text(), NUMBERS, st.text(), st.text()),
        min_size=1,
    ).map(tuple),
    FONTS,
)


def as_received(part):
    """A part as a receiver sees it: no-break spaces and foreign line ends do not survive."""
    if not isinstance(part, str):
        return part
    return part.replace("\N{NO-BREAK SPACE}", " ").replace("\r\n", "\n").replace("\r", "\n")
