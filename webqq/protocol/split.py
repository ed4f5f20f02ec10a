"""Long messages in pieces that the service takes.

Knows sizes, not pacing. A piece ends, in order of preference, after a line end, white space or a stop near the
limit, else between two characters as a person sees them: a letter keeps its accents, a family of emoji stays
together, and so does the name of a face in a text. Source: WebQQ protocol, the content string (qqbot's way of
splitting); for what belongs together, a simple form of Unicode's grapheme clusters (UAX 29).
"""

import unicodedata
from collections.abc import Iterator

from webqq.protocol.content import Content, Part
from webqq.protocol.faces import FACE_PATTERN, face_by_name
from webqq.protocol.jsontext import without_halves

__all__ = ["MESSAGE_BYTES", "split_content", "split_text"]

MESSAGE_BYTES = 720
"""A message stays below this many UTF-8 bytes; qqbot splits there, and the real service refused longer
ones.
"""

_END_WITHIN = 100  # Bytes before the limit in which a good end is worth a shorter piece.
_TOGETHER = 64  # Bytes that are kept together at most; the longest name of a face has 62, with its brackets.
_LINE_END = (b"\n",)
_BLANKS = (*(blank.encode() for blank in " \t\v\f\u3000"), b"\r")
_STOPS = tuple(stop.encode() for stop in "。！？；，、…")
_JOINER = "\N{ZERO WIDTH JOINER}"
_PART_BYTES = 16  # What a face or a picture counts for; ["face",14] has 11.
_LEAST_BYTES = 32


def split_text(text: str, limit: int = MESSAGE_BYTES) -> list[str]:
    """Return the text in pieces below ``limit`` UTF-8 bytes; joined they are the text again.

    :raises ValueError: ``limit`` is below 32.
    """
    pieces = split_content(Content((text,)), limit)
    return ["".join(part for part in piece.parts if isinstance(part, str)) for piece in pieces]


def split_content(content: Content, limit: int = MESSAGE_BYTES) -> list[Content]:
    """Like :func:`split_text` for a content; a face or a picture is never cut. Every piece has the same
    font.

    :raises ValueError: ``limit`` is below 32.
    """
    if limit < _LEAST_BYTES:
        raise ValueError(f"limit must be {_LEAST_BYTES} bytes at least, got {limit}")
    return [Content(tuple(piece), content.font) for piece in _cut_parts(content.parts, limit)]


def _cut_parts(parts: tuple[Part, ...], limit: int) -> Iterator[list[Part]]:
    piece, used = list[Part](), 0
    for part in parts:
        if not isinstance(part, str):
            if used and used + _PART_BYTES > limit:
                yield piece
                piece, used = [], 0
            piece.append(part)
            used += _PART_BYTES
            continue
        rest = without_halves(part).encode()
        while used + len(rest) >= limit:
            # A begun piece that is half full ends here: a fresh one leaves more choice of where to cut.
            if used <= limit // 2:
                cut = _find_cut(rest, limit - used)
                piece.append(rest[:cut].decode())
                rest = rest[cut:]
            yield piece
            piece, used = [], 0
        if rest or not part:
            piece.append(rest.decode())
            used += len(rest)
    if piece or not parts:
        yield piece


def _find_cut(data: bytes, room: int) -> int:
    """Return how many bytes to take: ``room`` if white space ends them, else less."""
    for marks, end in ((_LINE_END, room), (_BLANKS, room), (_STOPS, room - 1)):
        for cut in range(end, max(end - _END_WITHIN, 0), -1):
            if data.endswith(marks, 0, cut) and not _is_inside(data, cut):
                return cut
    cut = last = _character_start(data, room - 1)
    while cut > max(last - _TOGETHER, 1) and _is_inside(data, cut):
        cut = _character_start(data, cut - 1)
    return last if cut < 1 or _is_inside(data, cut) else cut


def _character_start(data: bytes, at: int) -> int:
    while data[at] & 0xC0 == 0x80:
        at -= 1
    return at


def _is_inside(data: bytes, cut: int) -> bool:
    """Whether what stands on both sides of a character's start belongs together."""
    before = data[max(cut - _TOGETHER, 0) : cut].decode("utf-8", "ignore")
    after = data[cut : cut + _TOGETHER].decode("utf-8", "ignore")
    if not before or not after:
        return False
    if before[-1] == _JOINER or _extends(after[0]) or (before[-1], after[0]) == ("\r", "\n"):
        return True
    if _is_flag_half(after[0]):
        return _flag_halves_before(data, cut) % 2 == 1
    return any(
        match.start() < len(before) < match.end() and face_by_name(match[1]) is not None
        for match in FACE_PATTERN.finditer(before + after)
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(data: bytes, cut: int) -> int:
    """Flags are pairs, so it counts how many halves stand in a row."""
    start = cut
    while start >= 4 and _is_flag_half(data[start - 4 : start].decode("utf-8", "replace")[0]):
        start -= 4
    return (cut - start) // 4


def _extends(char: str) -> bool:
    """Whether a character changes the one before it: an accent, a variant, a colour of skin."""
    is_skin = "\U0001f3fb" <= char <= "\U0001f3ff"
    return char == _JOINER or is_skin or unicodedata.category(char) in ("Mn", "Mc", "Me")
