from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.protocol.errors import MalformedMessage
from webqq.protocol.multipart import MAX_PARTS, parse_multipart, serialize_multipart

FILE = {"filename": "a.jpg", "media_type": "image/jpeg", "data": b"\xff\xd8\r\n--x"}
BODY = (
    b'--x\r\nContent-Disposition: form-data; name="uin"\r\n\r\n100200300\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\ncontent-type: image/jpeg\r\n\r\n\xff\r\n'
    b"--x--\r\n"
)

# A name with %22 in it cannot be told from one with a quote: browsers write both alike.
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%"))
FILES = st.fixed_dictionaries(
    {"filename": NAMES, "media_type": st.sampled_from(["image/png", "a/b"]), "data": st.binary()}
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def test_body_of_a_browser_is_read():
    assert parse_multipart(BODY, "test") == {
        "uin": "100200300",
        "file": {"filename": "a.jpg", "media_type": "image/jpeg", "data": b"\xff"},
    }


def test_file_without_a_type_is_bytes():
    body = BODY.replace(b"\r\ncontent-type: image/jpeg", b"")
    assert parse_multipart(body, "test")["file"]["media_type"] == "application/octet-stream"


def test_no_file_holds_the_boundary():
    data = b"webqq-boundary webqq-boundary-1"
    body, boundary = serialize_multipart({"file": {**FILE, "data": data}})
    assert boundary == "webqq-boundary-2"
    assert parse_multipart(body, "test")["file"]["data"] == data


@pytest.mark.parametrize("media_type", ["", "a/b\r\nX: 1", "图"])
def test_media_type_cannot_leave_its_line(media_type):
    with pytest.raises(ValueError, match="file: expected a media type"):
        serialize_multipart({"file": {**FILE, "media_type": media_type}})


@given(st.dictionaries(NAMES, TEXTS | FILES, min_size=1))
def test_parse_undoes_serialize(fields):
    body, boundary = serialize_multipart(fields)
    assert body.startswith(f"--{boundary}\r\n".encode())
    assert parse_multipart(body, "test") == fields


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "begins with its boundary"),
        (b"uin=7", "begins with its boundary"),
        (b"--" + b"x" * 99 + b"\r\n", "begins with its boundary"),
        (BODY[:-6], "closing boundary"),
        (b"--x\r\n\r\n\r\n--x--", "a name and an empty line"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n--x--', "a name and an empty line"),
        (b"--x" + b"\r\n--x" * (MAX_PARTS + 1) + b"--", "at most 100 parts"),
    ],
)
def test_body_that_is_not_formed_so_is_malformed(body, detail):
    with pytest.raises(MalformedMessage, match=rf"^test: .*{detail}"):
        parse_multipart(body, "test")


@given(st.binary())
def test_any_bytes_are_read_or_malformed(noise):
    for body in (noise, b"--x\r\n" + noise + b"\r\n--x--"):
        with suppress(MalformedMessage):
            parse_multipart(body, "test")
