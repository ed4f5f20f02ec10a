import pytest

from webqq.gateway.mediatypes import picture_suffix, sniff_picture


@pytest.mark.parametrize(
    ("data", "media_type", "suffix"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png", "png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "jpg"),
        (b"GIF87a", "image/gif", "gif"),
        (b"GIF89a", "image/gif", "gif"),
        (b"BM....", "image/bmp", "bmp"),
        (b"RIFF....WEBPVP8 ", "image/webp", "webp"),
    ],
)
def test_picture_is_known_by_its_bytes(data: bytes, media_type: str, suffix: str) -> None:
    assert sniff_picture(data) == media_type
    assert picture_suffix(media_type) == suffix


@pytest.mark.parametrize("data", [b"", b"<svg", b"<html>", b" GIF89a", b"%PDF", b"RIFF....WAVE", b"\x89PN", b"MZ"])
def test_anything_else_is_no_picture(data: bytes) -> None:
    assert sniff_picture(data) is None
