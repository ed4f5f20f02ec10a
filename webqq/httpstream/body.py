"""What may be sent as the body of a request, and how it is read and framed.

:func:`body_of` takes what stands in ``Request.data``: bytes at once, everything else as a :class:`Body`, which is
read piece by piece while it is sent. Reading happens on the caller's thread: a file on a slow disk, or an iterable
that waits, holds up the loop; an asynchronous iterable does not.
"""

import inspect
import json
import os
import re
import stat
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import aclosing, nullcontext
from typing import Any, BinaryIO, Protocol, runtime_checkable

from webqq.httpstream.errors import BodyError, InvalidRequest

__all__ = ["JSON", "LAST_CHUNK", "PIECE_SIZE", "Body", "File", "Form", "body_of", "chunk", "chunked"]

PIECE_SIZE = 64 * 1024
"""Bytes that are read of a file at a time."""

LAST_CHUNK = b"0\r\n\r\n"
"""Ends a body that is sent in chunks, without trailers (RFC 9112 section 7.1)."""

_UNKNOWN_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[!#$&+\-.^_0-9A-Za-z]+/[!#$&+\-.^_0-9A-Za-z]+(?:;[\t\x20-\x7e]*)?")
# RFC 2046 5.1.1, of which only what a header takes without quotes.
_BOUNDARY = re.compile(r"[0-9A-Za-z'+_.-]{1,70}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@runtime_checkable
class Body(Protocol):
    """A body that is read while it is sent. Whatever has these four may be the data of a request."""

    @property
    def length(self) -> int | None:
        """Bytes it has; None: not known before its end, it is sent in chunks."""

    @property
    def content_type(self) -> str | None:
        """Sent where the request has no ``Content-Type`` of its own."""

    @property
    def can_rewind(self) -> bool:
        """Whether it can be read again, for a retry or a redirect that keeps it."""

    def pieces(self) -> Iterator[bytes] | AsyncIterator[bytes]:
        """The body from its beginning, in pieces none of which is empty.

        Each call begins anew. Raises :class:`BodyError` at once where that cannot be done a second time, and later
        where a piece is no bytes, the source raises, or there are not ``length`` bytes.
        """


def body_of(data: object) -> bytes | Body | None:
    """The body that ``data`` of a ``urllib.request.Request`` stands for; None where it has none.

    Bytes and what has a buffer are taken as they are. A :class:`Body`, such as :class:`Form`, :class:`JSON` or
    :class:`File`, is itself; a binary file is sent from where it stands to its end; an iterable of bytes, plain or
    asynchronous, as long as it gives something. Raises :class:`InvalidRequest` naming the type of anything else.
    """
    if data is None or isinstance(data, bytes):
        return data
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    if isinstance(data, Body):
        return data
    if hasattr(data, "read"):
        return File(data)
    if isinstance(data, AsyncIterable):
        return _AsyncPieces(data)
    # An array is an iterable too, of numbers.
    if (held := _buffer_of(data)) is not None:
        return held
    if isinstance(data, Iterable) and not isinstance(data, str | Mapping):
        return _Pieces(data)
    raise InvalidRequest(
        f"data must be bytes, a binary file or an iterable of bytes, not {type(data).__name__}; see also Form and JSON"
    )


def chunk(piece: bytes) -> bytes:
    """``piece`` as a chunk (RFC 9112 section 7.1); nothing for nothing, since an empty chunk would end the body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """``pieces`` as chunks, with the last one after them."""
    for piece in pieces:
        if piece:
            yield chunk(piece)
    yield LAST_CHUNK


class JSON:
    """``value`` as a JSON text in UTF-8; :class:`InvalidRequest` where it has none (NaN has none, RFC 8259)."""

    content_type = "application/json"
    can_rewind = True

    def __init__(self, value: object) -> None:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            self._data = text.encode("utf-8")
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidRequest(f"data cannot be JSON: {error}") from error
        self.length = len(self._data)

    def pieces(self) -> Iterator[bytes]:
        return iter((self._data,))


class _Rewinding:
    """Knows whether it may be read: the first time always."""

    can_rewind = True
    _is_spent = False

    def _begin(self) -> None:
        if self._is_spent and not self.can_rewind:
            raise BodyError("the body has been read, and cannot be read again")
        self._is_spent = True


class _Pieces(_Rewinding):
    content_type = _UNKNOWN_TYPE

    def __init__(self, source: Iterable[object]) -> None:
        self.length: int | None = None
        if isinstance(source, list | tuple):
            source = tuple(source)
            self.length = sum(_size_of(piece) for piece in source)
        self.can_rewind = not isinstance(source, Iterator)
        self._source = source

    def pieces(self) -> Iterator[bytes]:
        self._begin()
        return _exactly(self.length, _guarded(self._source))


class _AsyncPieces(_Rewinding):
    content_type = _UNKNOWN_TYPE
    length = None

    def __init__(self, source: AsyncIterable[object]) -> None:
        self.can_rewind = not isinstance(source, AsyncIterator)
        self._source = source

    def pieces(self) -> AsyncIterator[bytes]:
        self._begin()
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            source: Any = aiter(self._source)
            # A generator of ours that is ended ends the caller's as well.
            async with aclosing(source) if hasattr(source, "aclose") else nullcontext():
                async for piece in source:
                    if data := _bytes_of(piece):
                        yield data
        except BodyError:
            raise
        except Exception as error:
            raise _unreadable(error) from error


class File(_Rewinding):
    """A file as a body, or as a part of a :class:`Form`.

    ``source``: the path of a file, which is opened when it is sent and closed after; or a binary file that is open,
    which is sent from where it stands and stays open. Its length is settled here: what is written to it later is not
    sent, and what is cut off it later is a :class:`BodyError`. Where it cannot be told (a pipe), it is sent in chunks
    and only once. ``content_type``: None: guessed from the name of the file.

    Raises :class:`InvalidRequest` for a path that is no regular file and for a file that is text or closed.
    """

    def __init__(self, source: "str | os.PathLike[str] | BinaryIO | Any", content_type: str | None = None) -> None:
        self._source: Any = source
        self._is_path = isinstance(source, str | os.PathLike)
        self._start: int | None = 0
        self.length: int | None
        if isinstance(source, str | os.PathLike):
            self.length = _size_of_path(source)
            self.name = os.path.basename(os.fspath(source))
        else:
            _check_binary(source)
            self._start, self.length = _span(source)
            self.name = _name_of(source)
        self.can_rewind = self._start is not None
        self.content_type = _guessed_type(self.name) if content_type is None else _media_type(content_type)

    def pieces(self) -> Iterator[bytes]:
        self._begin()
        return _exactly(self.length, _guarded(self._read()))

    def _read(self) -> Iterator[object]:
        if self._is_path:
            with open(self._source, "rb") as file:
                yield from _read(file, self.length)
        else:
            if self._start is not None:
                self._source.seek(self._start)
            yield from _read(self._source, self.length)


class Form(_Rewinding):
    """A form with files, ``multipart/form-data`` (RFC 7578), as browsers send it.

    ``fields``: names and values to begin with, see :meth:`add`. ``boundary``: what separates the parts, at most 70
    letters, digits and ``'+_.-``; it must stand in no part. None: one that nobody can foresee.

    >>> form = Form({"uin": "100200300"}, boundary="x")
    >>> form.add("text", "你好")
    >>> form.content_type, form.length
    ('multipart/form-data; boundary=x', 129)
    """

    def __init__(
        self,
        fields: "Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]" = (),
        *,
        boundary: str | None = None,
    ) -> None:
        boundary = os.urandom(16).hex() if boundary is None else boundary
        if _BOUNDARY.fullmatch(boundary) is None:
            raise InvalidRequest(f"boundary {boundary!r}: 1 to 70 letters, digits and any of '+_.-")
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._delimiter = b"--" + boundary.encode("ascii")
        self._parts: list[tuple[bytes, bytes | File]] = []
        for name, value in fields.items() if isinstance(fields, Mapping) else fields:
            self.add(name, value)

    def add(self, name: str, value: str | bytes) -> None:
        """A field; text is sent in UTF-8. A name may stand more than once."""
        data = value if isinstance(value, bytes) else _utf8(value, f"value of field {name!r}")
        if self._delimiter in data:
            raise InvalidRequest(f"value of field {name!r}: it holds the boundary")
        self._parts.append((self._part_head(name), data))

    def add_file(
        self,
        name: str,
        file: "str | os.PathLike[str] | BinaryIO | File",
        filename: str | None = None,
        content_type: str | None = None,
    ) -> None:
        """A file: a path, a binary file that is open, or a :class:`File`, which tells how each is read.

        ``filename``: what the server is told; None: the file's own name, without its folders. ``content_type``: None:
        guessed from the file name.
        """
        if not isinstance(file, File):
            file = File(file)
        filename = file.name if filename is None else filename
        kind = _guessed_type(filename) if content_type is None else _media_type(content_type)
        head = self._part_head(name, b'; filename="%b"\r\nContent-Type: %b' % (_quoted(filename), kind.encode("ascii")))
        self._parts.append((head, file))

    def _part_head(self, name: str, rest: bytes = b"") -> bytes:
        start = b'%b\r\nContent-Disposition: form-data; name="%b"' % (self._delimiter, _quoted(name))
        return start + rest + b"\r\n\r\n"

    @property
    def length(self) -> int | None:
        total = len(self._delimiter) + len(b"--\r\n")
        for head, body in self._parts:
            size = body.length if isinstance(body, File) else len(body)
            if size is None:
                return None
            total += len(head) + size + len(b"\r\n")
        return total

    @property
    def can_rewind(self) -> bool:  # type: ignore[override]  # told by the parts
        return all(body.can_rewind for _, body in self._parts if isinstance(body, File))

    def pieces(self) -> Iterator[bytes]:
        self._begin()
        return _exactly(self.length, self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        # What is small goes out together.
        waiting = []
        for head, body in self._parts:
            waiting.append(head)
            if isinstance(body, File):
                yield b"".join(waiting)
                yield from body.pieces()
                waiting = [b"\r\n"]
            else:
                waiting += [body, b"\r\n"]
        yield b"".join([*waiting, self._delimiter, b"--\r\n"])


def _quoted(text: str) -> bytes:
    # As the WHATWG's form submission has it; and a backslash at the end, which would take the quote after it along
    # where a quoted-string is read as RFC 9110 has it. Other control characters have no business in a name.
    if isinstance(text, str) and _CONTROL.search(text):
        raise InvalidRequest(f"name {text!r}: it holds a control character")
    data = _utf8(text, "name").replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
    return data[:-1] + b"%5C" if data.endswith(b"\\") else data


def _utf8(text: object, part: str) -> bytes:
    if not isinstance(text, str):
        raise InvalidRequest(f"{part} must be str, not {type(text).__name__}")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidRequest(f"{part}: {error.reason}") from error


def _media_type(text: str) -> str:
    if not isinstance(text, str) or _MEDIA_TYPE.fullmatch(text) is None:
        raise InvalidRequest(f"content type {text!r} cannot be sent")
    return text


def _guessed_type(name: str) -> str:
    # Here, since it is only files that need it.
    import mimetypes

    kind, coding = mimetypes.guess_type(name) if isinstance(name, str) else (None, None)
    return _UNKNOWN_TYPE if kind is None or coding is not None else kind


def _buffer_of(data: Any) -> bytes | None:
    try:
        return bytes(memoryview(data))
    except TypeError:
        return None


def _size_of(piece: object) -> int:
    if isinstance(piece, bytes | bytearray):
        return len(piece)
    if isinstance(piece, memoryview):
        return piece.nbytes
    raise InvalidRequest(f"data must hold bytes, not {type(piece).__name__}")


def _size_of_path(path: str | os.PathLike[str]) -> int:
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"file {path!r}: {error}") from error
    if not stat.S_ISREG(found.st_mode):
        raise InvalidRequest(f"file {path!r}: it is no regular file")
    return found.st_size


def _check_binary(file: Any) -> None:
    kind = type(file).__name__
    if not callable(getattr(file, "read", None)) or inspect.iscoroutinefunction(file.read):
        raise InvalidRequest(f"data must be a file with a plain read(), not {kind}")
    if hasattr(file, "encoding"):
        raise InvalidRequest(f"data must be a binary file, not {kind}: open it with 'rb'")
    if getattr(file, "closed", False):
        raise InvalidRequest(f"data must be an open file; the {kind} is closed")


def _span(file: Any) -> tuple[int | None, int | None]:
    """Where the file stands, and the bytes from there to its end; None and None where it does not tell."""
    # By seeking, not by fstat(): the file below a GzipFile has another size than what is read from it.
    try:
        start = file.tell()
        if not getattr(file, "seekable", lambda: True)():
            return None, None
        file.seek(0, os.SEEK_END)
        end = file.tell()
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        return None, None
    return start, max(0, end - start)


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    # The name of a file without one is a number, or a word such as "<stdin>".
    return os.path.basename(name) if isinstance(name, str) and name[:1] != "<" and name else "file"


def _read(file: Any, length: int | None) -> Iterator[object]:
    left = PIECE_SIZE if length is None else length
    while left > 0 and (piece := file.read(min(PIECE_SIZE, left))) != b"":
        yield piece
        left -= 0 if length is None else len(piece)


def _guarded(source: Iterable[object]) -> Iterator[bytes]:
    try:
        for piece in source:
            if data := _bytes_of(piece):
                yield data
    except BodyError:
        raise
    except Exception as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> BodyError:
    return BodyError(f"the body could not be read: {type(error).__name__}")


def _bytes_of(piece: object) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, bytearray | memoryview):
        # Its owner may fill it with the next piece while this one is under way.
        return bytes(piece)
    raise BodyError(f"the body gave {type(piece).__name__}, not bytes")


def _exactly(length: int | None, pieces: Iterator[bytes]) -> Iterator[bytes]:
    given = 0
    for piece in pieces:
        given += len(piece)
        if length is not None and given > length:
            raise BodyError(f"the body has more than the {length} bytes that it said")
        yield piece
    if length is not None and given < length:
        raise BodyError(f"the body ended after {given} of the {length} bytes that it said")
