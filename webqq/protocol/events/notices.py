"""Notices in a group, such as a shared file: an XML text with few elements.

Only its ``<n .../>`` elements count, so they are picked out; nothing else of XML is followed, least of all entity
declarations. Source: WebQQ protocol, poll2: group_web_message.
"""

import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from msgspec import Struct

from webqq.protocol.events.row import Header, Row
from webqq.protocol.ids import Gid, GroupCode, Uin
from webqq.protocol.text import escape

__all__ = ["ROWS", "GroupNotice", "NoticeElement", "parse_notice", "serialize_notice"]

_ELEMENT = re.compile(r'<n((?:\s+\w+\s*=\s*"[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
_TEXTS = {"b": " ", "r": "\n", "i": "[图片]"}


class NoticeElement(Struct, frozen=True, kw_only=True):
    """A piece of a notice: ``t`` is h for who it is of (account ``u``, icon ``i`` or ``s``), t for a text ``s``, b for
    a gap, r for a line break, i for a picture ``s``. ``None``: the attribute is missing.
    """

    t: str
    u: str | None = None
    i: str | None = None
    s: str | None = None


class GroupNotice(Header, frozen=True, kw_only=True):
    """A notice in a group. ``xml`` is what :func:`parse_notice` reads."""

    group_code: GroupCode
    send_uin: Uin
    xml: str
    group_type: int = 1
    ver: int = 1
    time: int | None = None

    @property
    def gid(self) -> Gid:
        """The group."""
        return Gid(self.from_uin)

    @property
    def text(self) -> str:
        """The notice as a person reads it."""
        pieces = (element.s or "" if element.t == "t" else _TEXTS.get(element.t, "") for element in self.elements)
        return "".join(pieces)

    @property
    def elements(self) -> tuple[NoticeElement, ...]:
        """The pieces of the notice."""
        return parse_notice(self.xml)


def parse_notice(xml: str) -> tuple[NoticeElement, ...]:
    """Return the elements of a notice; whatever else stands there is passed over."""
    found = (dict(_ATTRIBUTE.findall(match[1])) for match in _ELEMENT.finditer(xml))
    return tuple(
        NoticeElement(
            t=unescape(attributes.get("t", "")),
            **{name: unescape(attributes[name]) for name in ("u", "i", "s") if name in attributes},
        )
        for attributes in found
    )


def serialize_notice(elements: Iterable[NoticeElement]) -> str:
    """Return the XML text of a notice. Inverse of :func:`parse_notice`."""
    body = "".join(
        "<n" + "".join(f' {name}="{escape(value)}"' for name, value in _attributes(element)) + "/>"
        for element in elements
    )
    return f'<?xml version="1.0" encoding="utf-8"?><d>{body}</d>'


def _attributes(element: NoticeElement) -> list[tuple[str, str]]:
    pairs = (("t", element.t), ("u", element.u), ("i", element.i), ("s", element.s))
    return [(name, value) for name, value in pairs if value is not None]


ROWS: tuple[Row[Any], ...] = (Row("group_web_message", GroupNotice, msg_type=45),)
"""The poll types of this module."""
