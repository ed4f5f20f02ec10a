"""What a file is, told from its first bytes and never from its name. Source: the WHATWG's MIME Sniffing Standard,
image types. Pure.
"""

__all__ = ["ANY_FILE", "picture_suffix", "sniff_picture"]

ANY_FILE = "application/octet-stream"
"""The type under which everything is served that is no picture: a browser saves it and shows nothing."""

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
    (b"BM", "image/bmp", "bmp"),
)
_WEBP = ("image/webp", "webp")


def sniff_picture(data: bytes) -> str | None:
    """Return the media type of a picture, None for anything else.

    >>> sniff_picture(b"GIF89a..."), sniff_picture(b"<svg>")
    ('image/gif', None)
    """
    for head, media_type, _ in _SIGNATURES:
        if data.startswith(head):
            return media_type
    return _WEBP[0] if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def picture_suffix(media_type: str) -> str:
    """Return the usual end of a name of such a picture, without a dot."""
    known = {found: suffix for _, found, suffix in _SIGNATURES} | dict([_WEBP])
    return known[media_type]
