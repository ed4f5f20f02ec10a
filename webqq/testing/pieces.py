"""Ways in which a network may cut a message; *pure*."""

from collections.abc import Iterator

__all__ = ["cut_everywhere", "sliced"]


def sliced(raw: bytes, size: int) -> list[bytes]:
    """``raw`` in pieces of ``size`` bytes, the last one perhaps shorter.

    >>> sliced(b"abcde", 2)
    [b'ab', b'cd', b'e']
    """
    if size < 1:
        raise ValueError(f"a piece has 1 byte or more, not {size!r}")
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def cut_everywhere(raw: bytes) -> Iterator[list[bytes]]:
    """Each way to bring ``raw`` that finds a parser's faults: whole, byte by byte, and in two at every place.

    No piece is empty. What is joined again is always ``raw``.

    >>> list(cut_everywhere(b"abc"))
    [[b'abc'], [b'a', b'b', b'c'], [b'a', b'bc'], [b'ab', b'c']]
    """
    if not raw:
        return
    yield [raw]
    if len(raw) > 2:
        yield sliced(raw, 1)
    for at in range(1, len(raw)):
        yield [raw[:at], raw[at:]]
