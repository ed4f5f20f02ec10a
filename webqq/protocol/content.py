"""What a message says: text, faces, pictures and a font, and the array it travels as.

The array has two forms: *sent*, a string that holds JSON, the font last, texts raw; and *received*, a JSON
array, the font first, texts with HTML entities. This module writes and reads the entities of both;
everybody else sees plain text. Source: WebQQ protocol, the content array and the content string; appendix,
official face syntax.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from webqq.protocol.errors import MalformedMessage
from webqq.protocol.faces import FACE_PATTERN, FACES, UNKNOWN_FACE, face_by_name, face_name
from webqq.protocol.jsontext import parse_json, serialize_json
from webqq.protocol.text import escape, normalize_newlines, unescape

__all__ = [
    "DEFAULT_FONT",
    "Content",
    "CustomFace",
    "Face",
    "Font",
    "GroupPicture",
    "HiddenPicture",
    "OfflinePicture",
    "Part",
    "SessionPicture",
    "UnknownPart",
    "parse_received",
    "parse_sent",
    "serialize_received",
    "serialize_sent",
]

_PICTURE = "[图片]"
_MAX_DEPTH = 8  # No element of the service is nested deeper than 3.
_SIZE = re.compile(r"[0-9]{1,18}")
_COLOR = re.compile(r"[0-9A-Fa-f]{6}")
_ADVERT = re.compile(r"\n【提示：此用户正在使用Q\+ Web：http://web[23]?\.qq\.com/】\s*\Z")
_BROKEN_FONT_BLOCK = " \0\n\0\0\0\0\x02宋体\n"


@dataclass(frozen=True, slots=True)
class Font:
    """How a message looks.

    :param size: points. :param color: six hex digits, no ``#``. :param style: bold, italic, underlined,
        each 0 or 1.
    """

    name: str = "宋体"
    size: int = 10
    color: str = "000000"
    style: tuple[int, int, int] = (0, 0, 0)


DEFAULT_FONT = Font()
"""The font of a message that brings none."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face by number, see :data:`webqq.protocol.faces.FACES`."""

    id: int


@dataclass(frozen=True, slots=True)
class OfflinePicture:
    """A picture to or from a friend. Receivers get no name and no size; senders give no ``success``."""

    path: str
    name: str = ""
    size: int = 0
    success: int = 1


@dataclass(frozen=True, slots=True)
class GroupPicture:
    """A picture in a group or a discussion. Senders give the name alone; ``server`` is ``ip:port``."""

    name: str
    file_id: int = 0
    key: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True)
class CustomFace:
    """A person's own small picture, sent to a friend (2013)."""

    name: str


@dataclass(frozen=True, slots=True)
class SessionPicture:
    """A picture in a temporary chat (2013); it cannot be fetched."""

    guid: str


@dataclass(frozen=True, slots=True)
class HiddenPicture:
    """A picture that the web client does not get (2016): on the wire, a content of nothing but a font."""


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """An element this module does not know, kept as its JSON text."""

    raw: str


Part: TypeAlias = str | Face | OfflinePicture | GroupPicture | CustomFace | SessionPicture | HiddenPicture | UnknownPart


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of a message in reading order, and its font. Texts are plain: no entities, lines end in
    ``\\n``.
    """

    parts: tuple[Part, ...]
    font: Font = DEFAULT_FONT

    @classmethod
    def from_text(
        cls, text: str, font: Font = DEFAULT_FONT, *, slash: bool = False, blank_after_face: bool = False
    ) -> "Content":
        """Return the content a person means by a text with faces in it; unknown names stay text.

        :param slash: read ``/微笑``, as users of qqbot write, instead of ``[微笑]``.
        :param blank_after_face: put a blank after every face, as the service's own page did.
        """
        if slash:
            parts = _split_faces(text, _SLASH_FACE)
        else:
            parts = _split_spaced_faces(text) if blank_after_face else _split_faces(text, FACE_PATTERN)
        return cls(tuple(parts), font)

    @property
    def text(self) -> str:
        """The content as a person reads it: faces as ``[名]``, pictures as ``[图片]``, anything else as
        ``[表情]``.
        """
        return "".join(map(_text_of, self.parts))

    @property
    def slash_text(self) -> str:
        """Like :attr:`text`, but faces in qqbot's spelling, ``/名`` between blanks."""
        return "".join(_slash_text_of(part) if isinstance(part, Face) else _text_of(part) for part in self.parts)

    @property
    def is_broken_font_block(self) -> bool:
        """Whether this is no message but a faulty font record, which real groups show; ignore it."""
        return self.parts[:1] == (_BROKEN_FONT_BLOCK,)


# qqbot has no name for face 0, and neither reads nor writes it.
_SLASH_NAMES = sorted((name.zh for number, name in FACES.items() if number), key=len, reverse=True)
_SLASH_FACE = re.compile("/(" + "|".join(map(re.escape, _SLASH_NAMES)) + ")")


def _split_faces(text: str, pattern: re.Pattern[str]) -> Iterator[Part]:
    end = 0
    for match in pattern.finditer(text):
        number = face_by_name(match[1])
        if number is None:
            continue
        if match.start() > end:
            yield text[end : match.start()]
        yield Face(number)
        end = match.end()
    if end < len(text) or not text:
        yield text[end:]


def _split_spaced_faces(text: str) -> Iterator[Part]:
    """As the service's page did it: each bracketed name stands alone, known or not, and a blank follows it."""
    end, blank = 0, ""
    for match in FACE_PATTERN.finditer(text):
        if before := blank + text[end : match.start()]:
            yield before
        number = face_by_name(match[1])
        yield match[0] if number is None else Face(number)
        end, blank = match.end(), " "
    if rest := blank + text[end:]:
        yield rest


def _text_of(part: Part) -> str:
    match part:
        case str():
            return part
        case Face(number):
            return f"[{face_name(number)}]"
        case UnknownPart(raw):
            # The second half of a session picture says only its type.
            return "" if raw.startswith('["image"') else f"[{UNKNOWN_FACE}]"
    return _PICTURE


def _slash_text_of(face: Face) -> str:
    return f" /{face_name(face.id) if face.id else UNKNOWN_FACE} "


def parse_sent(text: str) -> Content:
    """Read the content string of a send call.

    The font is the last one given, else :data:`DEFAULT_FONT`; a field of it that does not fit gets its
    default.

    :raises MalformedMessage: it is no JSON array, or an element is neither a string nor a typed array.
    """
    elements = _parse_array(text)
    font, parts = DEFAULT_FONT, list[Part]()
    for index, element in enumerate(elements):
        if isinstance(element, str):
            parts.append(element)
        elif element == []:
            # Clients that have no font to name put this in its place.
            continue
        elif not (isinstance(element, list) and isinstance(element[0], str)):
            raise MalformedMessage("content", f"[{index}]", "expected text or an array that begins with its type")
        elif not _is_modest(element):
            raise MalformedMessage("content", f"[{index}]", "expected no deep nesting and no number beyond 63 bits")
        elif element[0] == "font":
            font = _parse_font(element)
        else:
            parts.append(_parse_sent_part(element))
    return Content(tuple(parts), font)


def _parse_array(text: str) -> list[object]:
    value = parse_json(text, "content")
    if not isinstance(value, list):
        raise MalformedMessage("content", "", f"expected a JSON array, got {type(value).__name__}")
    return value


def _parse_sent_part(element: list[object]) -> Part:
    match element:
        case ["face", int(number)]:
            return Face(number)
        case ["offpic", str(path), str(name), int(size)]:
            return OfflinePicture(path, name, size)
        case ["offpic", str(path), str(name), str(size)] if _SIZE.fullmatch(size):
            # Uploads answer the size as text, and some clients pass it on so.
            return OfflinePicture(path, name, int(size))
        case ["cface", "group", str(name)]:
            return GroupPicture(name)
        case ["cface", str(name)]:
            return CustomFace(name)
    return _unknown(element)


def _unknown(element: object) -> UnknownPart:
    return UnknownPart(serialize_json(element).decode())


def _is_modest(element: object, depth: int = _MAX_DEPTH) -> bool:
    """Whether every peer's JSON parser takes the element: one that chokes would be handed it again and again."""
    if isinstance(element, int):
        return abs(element) < 2**63
    if isinstance(element, list | dict):
        items = element.values() if isinstance(element, dict) else element
        return depth > 0 and all(_is_modest(item, depth - 1) for item in items)
    return True


def _parse_font(element: list[object]) -> Font:
    given = element[1] if len(element) > 1 and isinstance(element[1], dict) else {}
    name, size, color, style = (given.get(key) for key in ("name", "size", "color", "style"))
    return Font(
        name if isinstance(name, str) else DEFAULT_FONT.name,
        _parse_size(size),
        color if isinstance(color, str) and _COLOR.fullmatch(color) else DEFAULT_FONT.color,
        _parse_style(style),
    )


def _parse_size(size: object) -> int:
    if isinstance(size, int) and abs(size) < 2**31:
        return size
    if isinstance(size, str) and size.isascii() and size.isdigit() and len(size) < 10:
        return int(size)
    return DEFAULT_FONT.size


def _parse_style(style: object) -> tuple[int, int, int]:
    match style:
        case [0 | 1 as bold, 0 | 1 as italic, 0 | 1 as underlined]:
            return int(bold), int(italic), int(underlined)
    return DEFAULT_FONT.style


def serialize_sent(content: Content) -> str:
    """Return the content string of a send call. Inverse of :func:`parse_sent` for all that can be sent."""
    elements = [_serialize_sent_part(part) for part in content.parts if not isinstance(part, HiddenPicture)]
    return serialize_json([*elements, ["font", _serialize_font(content.font)]]).decode()


def _serialize_sent_part(part: Part) -> object:
    match part:
        case OfflinePicture():
            return ["offpic", part.path, part.name, part.size]
        case GroupPicture():
            return ["cface", "group", part.name]
        case CustomFace():
            return ["cface", part.name]
    return _serialize_common_part(part)


def _serialize_common_part(part: Part) -> object:
    match part:
        case Face(number):
            return ["face", number]
        case SessionPicture(guid):
            return ["pic_id", guid]
        case UnknownPart(raw):
            return parse_json(raw, "content")
    return part


def _serialize_font(font: Font) -> dict[str, object]:
    return {"name": font.name, "size": font.size, "style": list(font.style), "color": font.color}


def parse_received(elements: list[object]) -> Content:
    """Read the content array of a poll event; nothing in it is fatal.

    Entities are decoded, line ends made ``\\n``, and the advertisement that Q+ clients appended is cut off.
    An array with nothing but a font gives a :class:`HiddenPicture`.
    """
    font, parts = DEFAULT_FONT, list[Part]()
    for element in elements:
        if isinstance(element, list) and element[:1] == ["font"]:
            font = _parse_font(element)
        else:
            parts.append(_parse_received_part(element))
    return Content(tuple(parts) or (HiddenPicture(),), font)


def _parse_received_part(element: object) -> Part:
    if not _is_modest(element):
        return UnknownPart("[]")
    match element:
        case str():
            return _ADVERT.sub("", normalize_newlines(unescape(element)))
        case ["face", int(number)]:
            return Face(number)
        case ["offpic", {"file_path": str(path), **rest}]:
            success = rest.get("success")
            return OfflinePicture(path, success=success if isinstance(success, int) else 1)
        case ["cface", {"name": str(name), "file_id": int(file_id), "key": str(key), "server": str(server)}]:
            return GroupPicture(name, file_id, key, server)
        case ["cface", str(name), *_]:
            return CustomFace(name)
        case ["pic_id", str(guid)]:
            return SessionPicture(guid)
    return _unknown(element)


def serialize_received(content: Content) -> list[object]:
    """Return the content array of a poll event. Inverse of :func:`parse_received` for all that can be
    received.
    """
    parts = [_serialize_received_part(part) for part in content.parts if not isinstance(part, HiddenPicture)]
    return [["font", _serialize_font(content.font)], *parts]


def _serialize_received_part(part: Part) -> object:
    match part:
        case str():
            return escape(part)
        case OfflinePicture():
            return ["offpic", {"success": part.success, "file_path": part.path}]
        case GroupPicture():
            fields = {"name": part.name, "file_id": part.file_id, "key": part.key, "server": part.server}
            return ["cface", fields]
        case CustomFace():
            return ["cface", part.name, ""]
    return _serialize_common_part(part)
