"""Long messages in pieces that the service takes.

Knows sizes, not pacing. Source: WebQQ protocol, the content string (qqbot's way of splitting).
"""

from collections.abc import Iterator

from webqq.protocol.content import Content, Part
from webqq.protocol.jsontext import without_halves

__all__ = ["MESSAGE_BYTES", "split_content", "split_text"]

MESSAGE_BYTES = 720
"""A message stays below this many UTF-8 bytes; qqbot splits there, and the real service refused longer
ones.
"""

_BLANK_WITHIN = 100  # Bytes before the limit in which a blank is worth a shorter piece.
_PART_BYTES = 16  # What a face or a picture counts for; ["face",14] has 11.
_LEAST_BYTES = 32


def split_text(text: str, limit: int = MESSAGE_BYTES) -> list[str]:
    """Return the text in pieces below ``limit`` UTF-8 bytes; joined they are the text again.

    A cut is made after white space near the limit, else before a character.

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
    """Return how many bytes to take, ``room`` at most: past the last near white space, else whole
    characters.
    """
    for end in range(room, max(room - _BLANK_WITHIN, 0), -1):
        if data[end - 1 : end].isspace():
            return end
    end = room - 1
    while data[end] & 0xC0 == 0x80:
        end -= 1
    return end
